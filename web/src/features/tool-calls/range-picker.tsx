import { clsx } from "clsx";
import type { TFunction } from "i18next";
import { Check, ChevronDown } from "lucide-react";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { parseSpan } from "@/lib/duration";
import { clockParts, formatDay, zoneName } from "@/lib/time";
import { Button } from "@/ui/button";
import { TextField } from "@/ui/field";
import { Popover } from "@/ui/popover";
import { type CallsSearch, DEFAULT_LAST, PRESETS } from "./filter";

interface Props {
  search: CallsSearch;
  onChange: (search: CallsSearch) => void;
}

/** The span of time that is shown, always with the zone of the times. */
export function RangePicker({ search, onChange }: Props) {
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  const choose = (last: string) => {
    const { from: _from, to: _to, last: _last, ...rest } = search;
    onChange(last === DEFAULT_LAST ? rest : { ...rest, last });
    setOpen(false);
  };
  const chosen = search.from ? undefined : (search.last ?? DEFAULT_LAST);
  return (
    <Popover
      label={t("toolCalls.range.label")}
      isOpen={isOpen}
      onOpenChange={setOpen}
      align="end"
      trigger={
        <Button>
          <span className="sr-only">{t("toolCalls.range.label")}:</span>
          {rangeText(search, t)}
          <span className="text-faint">{zoneName()}</span>
          <ChevronDown size={13} aria-hidden className="text-faint" />
        </Button>
      }
    >
      <ul>
        {PRESETS.map((preset) => (
          <li key={preset}>
            <button
              type="button"
              aria-pressed={preset === chosen}
              onClick={() => choose(preset)}
              className="flex h-8 w-full items-center justify-between rounded-md px-2 text-left hover:bg-hover"
            >
              {t("toolCalls.range.last", { span: spanText(preset, t) })}
              <Check
                size={14}
                aria-hidden
                className={clsx("text-accent", preset !== chosen && "invisible")}
              />
            </button>
          </li>
        ))}
      </ul>
      <TypedSpan onChoose={choose} />
    </Popover>
  );
}

function TypedSpan({ onChoose }: { onChoose: (last: string) => void }) {
  const { t } = useTranslation();
  const [isWrong, setWrong] = useState(false);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const span = String(new FormData(event.currentTarget).get("span")).trim();
    if (parseSpan(span)) onChoose(span);
    else setWrong(true);
  };
  return (
    <form onSubmit={submit} className="mt-1 flex flex-col gap-2 border-border-subtle border-t p-2">
      <TextField
        label={t("toolCalls.range.typed")}
        hint={t("toolCalls.range.typedHint")}
        error={isWrong ? t("toolCalls.range.typedWrong") : undefined}
        name="span"
        mono
        autoComplete="off"
        onChange={() => setWrong(false)}
      />
      <Button type="submit">{t("toolCalls.range.apply")}</Button>
    </form>
  );
}

export function rangeText(search: CallsSearch, t: TFunction): string {
  if (!search.from) {
    return t("toolCalls.range.last", { span: spanText(search.last ?? DEFAULT_LAST, t) });
  }
  const short = (at: string) => `${formatDay(at)} ${clockParts(at).time}`;
  return t("toolCalls.range.custom", {
    from: short(search.from),
    to: search.to ? short(search.to) : "",
  });
}

/** `30 minutes`, `1 hour`, `7 days`; other spans as they were typed. */
function spanText(span: string, t: TFunction): string {
  const count = Number.parseInt(span, 10);
  if (span.endsWith("m")) return t("toolCalls.range.minutes", { count });
  if (span.endsWith("h")) return t("toolCalls.range.hours", { count });
  if (span.endsWith("d")) return t("toolCalls.range.days", { count });
  return span;
}
