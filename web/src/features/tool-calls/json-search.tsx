import { ChevronDown, ChevronUp } from "lucide-react";
import { type KeyboardEvent, useDeferredValue, useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Json } from "@/lib/json";
import { findInJson, type JsonMatch, MOST_MATCHES } from "@/lib/json-search";
import { IconButton } from "@/ui/button";

interface Props {
  value: Json;
  onMatch: (match: JsonMatch | undefined) => void;
}

/** Finds a text in names and values, and steps from one to the next. */
export function JsonSearch({ value, onMatch }: Props) {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  // A payload of megabytes must not hold up who types.
  const wanted = useDeferredValue(text.trim());
  const found = useMemo(() => findInJson(value, wanted), [value, wanted]);
  const shown = found[at];
  useEffect(() => onMatch(shown), [shown, onMatch]);
  const step = (by: number) => found.length > 0 && setAt((at + by + found.length) % found.length);
  const press = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.nativeEvent.isComposing) return;
    event.preventDefault();
    step(event.shiftKey ? -1 : 1);
  };
  const many = found.length >= MOST_MATCHES ? `${MOST_MATCHES}+` : found.length;
  return (
    <div className="flex items-center gap-1 border-border-subtle border-b px-2 py-1">
      <input
        type="search"
        aria-label={t("toolCalls.drawer.search")}
        placeholder={t("toolCalls.drawer.search")}
        value={text}
        // biome-ignore lint/a11y/noAutofocus: who opened it is about to type
        autoFocus
        onChange={(event) => {
          setText(event.target.value);
          setAt(0);
        }}
        onKeyDown={press}
        className="h-7 min-w-0 flex-1 rounded-md border border-border bg-surface px-2"
      />
      <span role="status" className="tabular px-1 text-muted text-xs">
        {wanted !== "" && `${shown ? at + 1 : 0} / ${many}`}
      </span>
      <IconButton
        label={t("toolCalls.drawer.previousMatch")}
        disabled={found.length === 0}
        onClick={() => step(-1)}
      >
        <ChevronUp size={14} aria-hidden />
      </IconButton>
      <IconButton
        label={t("toolCalls.drawer.nextMatch")}
        disabled={found.length === 0}
        onClick={() => step(1)}
      >
        <ChevronDown size={14} aria-hidden />
      </IconButton>
    </div>
  );
}
