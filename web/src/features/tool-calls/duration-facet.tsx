import { ChevronDown } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { formatDuration } from "@/lib/duration";
import { type DurationRange, durationOf, withDuration } from "@/lib/query/edit";
import type { Expression } from "@/lib/query/expression";

/** Where a slider stands, in microseconds: each step is about as much longer as the one before. */
const STEPS_US = [
  0, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000, 2_000_000,
  5_000_000, 10_000_000, 30_000_000, 60_000_000,
];
const LAST = STEPS_US.length;

interface Props {
  query: Expression | null;
  onQuery: (query: Expression | null) => void;
}

/** From how short to how long: two sliders on one logarithmic scale. */
export function DurationFacet({ query, onQuery }: Props) {
  const { t } = useTranslation();
  const asked = durationOf(query);
  const [moved, setMoved] = useState<DurationRange>();
  const { min, max } = moved ?? asked;
  const send = () => {
    if (moved) onQuery(withDuration(query, moved));
    setMoved(undefined);
  };
  const low = stepOf(min, 0);
  const high = stepOf(max, LAST);
  const text = (us: number | undefined, otherwise: string) =>
    us === undefined ? otherwise : formatDuration(us);
  return (
    <details open className="group px-3 py-2.5">
      <summary className="flex cursor-pointer list-none items-center justify-between rounded-sm font-medium text-xs">
        {t("toolCalls.facets.duration")}
        <ChevronDown size={13} aria-hidden className="text-faint group-not-open:-rotate-90" />
      </summary>
      <div className="mt-2 flex flex-col gap-1">
        {(["min", "max"] as const).map((end) => (
          <input
            key={end}
            type="range"
            min={0}
            max={LAST}
            value={end === "min" ? low : high}
            aria-label={t(`toolCalls.facets.${end}`)}
            aria-valuetext={text(end === "min" ? min : max, t("toolCalls.facets.any"))}
            onChange={(event) => {
              const at = Number(event.target.value);
              setMoved(
                end === "min" ? range(at, Math.max(at, high)) : range(Math.min(low, at), at),
              );
            }}
            onPointerUp={send}
            onKeyUp={send}
            onBlur={send}
            className="slider h-4 w-full"
          />
        ))}
        <p className="tabular flex justify-between font-mono text-2xs text-muted">
          <span>{text(min, "0")}</span>
          <span>{text(max, "∞")}</span>
        </p>
      </div>
    </details>
  );
}

function range(low: number, high: number): DurationRange {
  const min = low === 0 ? undefined : STEPS_US[Math.min(low, LAST - 1)];
  const max = STEPS_US[high];
  return { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) };
}

function stepOf(us: number | undefined, otherwise: number): number {
  if (us === undefined) return otherwise;
  const at = STEPS_US.findIndex((step) => step >= us);
  return at < 0 ? LAST - 1 : at;
}
