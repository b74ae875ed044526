import { clsx } from "clsx";
import { Search, X } from "lucide-react";
import { type KeyboardEvent, useId, useLayoutEffect, useMemo, useRef, useState } from "react";
import { flushSync } from "react-dom";
import { useTranslation } from "react-i18next";
import { parseQuery } from "@/lib/query/parser";
import { IconButton } from "@/ui/button";
import { Kbd } from "@/ui/kbd";
import { accept, type KnownValues, placeAt, type Suggestion, suggestionsAt } from "./completion";
import { Highlighted } from "./highlighted";
import { QueryProblemText } from "./query-problem";
import { Suggestions } from "./suggestions";

interface Props {
  /** The query that is in force. */
  query: string;
  known: KnownValues;
  onChange: (query: string) => void;
}

/** Where the filter is typed. What is typed counts when it is sent: by Enter, or by going elsewhere. */
export function QueryBar({ query, known, onChange }: Props) {
  const { t } = useTranslation();
  const listId = useId();
  const input = useRef<HTMLInputElement>(null);
  const mirror = useRef<HTMLDivElement>(null);
  const [draft, setDraft] = useState(query);
  const [caret, setCaret] = useState(query.length);
  const [isOpen, setOpen] = useState(false);
  const [chosen, setChosen] = useState(-1);
  const [before, setBefore] = useState(query);
  if (query !== before) {
    setBefore(query);
    setDraft(query);
  }
  const { problem } = useMemo(() => parseQuery(draft), [draft]);
  const place = placeAt(draft, caret);
  const suggestions = isOpen ? suggestionsAt(place, known) : [];
  const isListed = suggestions.length > 0;

  const scroll = () => {
    if (!mirror.current || !input.current) return;
    // Nobody has scrolled a bar that is not typed into, and asking has the whole page laid out.
    const left = document.activeElement === input.current ? input.current.scrollLeft : 0;
    mirror.current.style.transform = left === 0 ? "" : `translateX(${-left}px)`;
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: only another text moves what is shown
  useLayoutEffect(scroll, [draft]);

  const write = (text: string, at: number) => {
    setDraft(text);
    setCaret(at);
    setChosen(-1);
    setOpen(true);
  };
  const send = (text: string) => {
    setOpen(false);
    if (!parseQuery(text).problem && text.trim() !== query) onChange(text.trim());
  };
  const take = (suggestion: Suggestion) => {
    const next = accept(draft, place, suggestion);
    // Before the next key, which writes at the caret.
    flushSync(() => write(next.text, next.caret));
    input.current?.focus();
    input.current?.setSelectionRange(next.caret, next.caret);
  };
  const press = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.nativeEvent.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const picked = suggestions[chosen];
    if (step !== undefined) {
      event.preventDefault();
      if (!isOpen) setOpen(true);
      const count = suggestions.length + 1;
      setChosen(((chosen + 1 + step + count) % count) - 1);
    } else if (event.key === "Enter" || (event.key === "Tab" && picked)) {
      event.preventDefault();
      if (picked) take(picked);
      else send(draft);
    } else if (event.key === "Escape") {
      event.preventDefault();
      if (isListed) setOpen(false);
      else {
        setDraft(query);
        input.current?.blur();
      }
    }
  };
  const follow = () => setCaret(input.current?.selectionStart ?? draft.length);

  return (
    <div className="relative min-w-0 flex-1">
      <div
        className={clsx(
          "flex h-9 items-center gap-2 rounded-md border bg-canvas pr-1.5 pl-2.5 focus-within:ring-2 focus-within:ring-accent/25",
          problem && !isListed ? "border-error" : "border-border focus-within:border-accent",
        )}
      >
        <Search size={14} aria-hidden className="shrink-0 text-faint" />
        <div className="relative h-full min-w-0 flex-1 overflow-hidden">
          <div
            ref={mirror}
            aria-hidden
            className="pointer-events-none absolute inset-y-0 left-0 flex items-center pl-1 font-mono text-xs"
          >
            <span className="relative">
              <Highlighted text={draft} problem={isListed ? undefined : problem} />
            </span>
          </div>
          <input
            ref={input}
            data-query-bar
            role="combobox"
            aria-label={t("filter.label")}
            aria-expanded={isListed}
            aria-controls={listId}
            aria-activedescendant={chosen >= 0 ? `${listId}-${chosen}` : undefined}
            aria-invalid={problem ? true : undefined}
            aria-describedby={problem ? `${listId}-problem` : undefined}
            placeholder={t("filter.placeholder")}
            value={draft}
            onChange={(event) =>
              write(event.target.value, event.target.selectionStart ?? event.target.value.length)
            }
            onKeyDown={press}
            onKeyUp={follow}
            onClick={() => {
              follow();
              setOpen(true);
            }}
            onFocus={() => setOpen(true)}
            onBlur={() => send(draft)}
            onScroll={scroll}
            spellCheck={false}
            autoComplete="off"
            autoCapitalize="off"
            className="relative h-full w-full bg-transparent pl-1 font-mono text-transparent text-xs caret-text outline-none placeholder:text-faint"
          />
        </div>
        {draft !== "" && (
          <IconButton
            label={t("filter.clear")}
            className="h-6!"
            onClick={() => {
              setDraft("");
              onChange("");
            }}
          >
            <X size={14} aria-hidden />
          </IconButton>
        )}
        <span className="max-md:hidden">
          <Kbd>/</Kbd>
        </span>
      </div>
      <Suggestions
        id={listId}
        suggestions={suggestions}
        chosen={chosen}
        field={place.field}
        onTake={take}
      />
      {problem && !isListed && (
        <QueryProblemText id={`${listId}-problem`} text={draft} problem={problem} />
      )}
    </div>
  );
}
