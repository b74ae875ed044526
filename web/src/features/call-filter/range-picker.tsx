import { clsx } from "clsx";
import type { TFunction } from "i18next";
import { Check, ChevronDown } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { clockParts, formatDay, zoneName } from "@/lib/time";
import { setZone, useZone } from "@/lib/zone";
import { Button } from "@/ui/button";
import { Popover } from "@/ui/popover";
import { type CallFilter, DEFAULT_LAST, PRESETS, withRange } from "./search";
import { TypedRange } from "./typed-range";

interface Props<T extends CallFilter> {
  search: T;
  onChange: (search: T) => void;
}

/** The span of time that is shown, always with the zone of the times. */
export function RangePicker<T extends CallFilter>({ search, onChange }: Props<T>) {
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  const zone = useZone();
  const choose = (range: Parameters<typeof withRange>[1]) => {
    onChange(withRange(search, range));
    setOpen(false);
  };
  const chosen = search.from ? undefined : (search.last ?? DEFAULT_LAST);
  return (
    <Popover
      label={t("range.label")}
      isOpen={isOpen}
      onOpenChange={setOpen}
      align="end"
      trigger={
        <Button data-range-picker className="min-w-0 shrink!">
          <span className="sr-only">{t("range.label")}:</span>
          <span title={rangeText(search, t)} className="truncate">
            {rangeText(search, t)}
          </span>
          <span className="shrink-0 text-faint">{zoneName()}</span>
          <ChevronDown size={13} aria-hidden className="shrink-0 text-faint" />
        </Button>
      }
    >
      <ul className="grid grid-cols-2">
        {PRESETS.map((preset) => (
          <li key={preset}>
            <button
              type="button"
              aria-pressed={preset === chosen}
              onClick={() => choose({ last: preset })}
              className="flex h-8 w-full items-center justify-between rounded-md px-2 text-left hover:bg-hover"
            >
              {t("range.last", { span: spanText(preset, t) })}
              <Check
                size={14}
                aria-hidden
                className={clsx("text-accent", preset !== chosen && "invisible")}
              />
            </button>
          </li>
        ))}
      </ul>
      <TypedRange key={zone} search={search} onChoose={choose} />
      <div className="mt-1 flex items-center gap-2 border-border-subtle border-t p-2">
        <span className="mr-auto text-muted text-xs">{t("range.zone")}</span>
        {(["local", "utc"] as const).map((one) => (
          <Button
            key={one}
            aria-pressed={zone === one}
            look={zone === one ? "quiet" : "bare"}
            onClick={() => setZone(one)}
          >
            {t(`range.zones.${one}`)}
          </Button>
        ))}
      </div>
    </Popover>
  );
}

export function rangeText(search: CallFilter, t: TFunction): string {
  if (!search.from) return t("range.last", { span: spanText(search.last ?? DEFAULT_LAST, t) });
  const isOneDay = search.to && formatDay(search.from) === formatDay(search.to);
  const short = (at: string) => `${formatDay(at)} ${clockParts(at).time}`;
  const to = search.to && (isOneDay ? clockParts(search.to).time : short(search.to));
  return t("range.custom", { from: short(search.from), to: to ?? t("range.now") });
}

/** `30 minutes`, `1 hour`, `7 days`; other spans as they were typed. */
function spanText(span: string, t: TFunction): string {
  const count = Number.parseInt(span, 10);
  if (span.endsWith("m")) return t("range.minutes", { count });
  if (span.endsWith("h")) return t("range.hours", { count });
  if (span.endsWith("d")) return t("range.days", { count });
  return span;
}
