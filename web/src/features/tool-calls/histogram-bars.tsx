import { clsx } from "clsx";
import { memo, useDeferredValue } from "react";
import { useTranslation } from "react-i18next";
import { formatCount } from "@/lib/numbers";
import { formatBucket } from "@/lib/time";
import { useZone } from "@/lib/zone";
import { barPaths, type Counted, STACK } from "./bars";

export const HEIGHT_PX = 72;

const STROKES = {
  error: "stroke-chart-error",
  timeout: "stroke-chart-timeout",
  cancelled: "stroke-cancelled",
  running: "stroke-running",
  success: "stroke-chart-ok",
} as const;

const DOTS = {
  error: "bg-chart-error",
  timeout: "bg-chart-timeout",
  cancelled: "bg-cancelled",
  running: "bg-running",
  success: "bg-chart-ok",
} as const;

interface Props {
  data: Counted;
}

/**
 * Drawn again only for other data. All bars of a status are one path: an element for each part of
 * each bar takes long to lay out. Strokes leave a pixel between them, however wide the bars are.
 */
export const Bars = memo(function Bars({ data, most }: Props & { most: number }) {
  return (
    <svg
      aria-hidden="true"
      viewBox={`0 0 ${data.t.length} ${HEIGHT_PX}`}
      preserveAspectRatio="none"
      shapeRendering="crispEdges"
      className="pointer-events-none absolute inset-0 size-full overflow-visible"
      style={{ strokeWidth: `calc(100cqw / ${Math.max(1, data.t.length)} - 1px)` }}
    >
      {barPaths(data, most, HEIGHT_PX).map(({ status, path }) => (
        <path key={status} d={path} vectorEffect="non-scaling-stroke" className={STROKES[status]} />
      ))}
    </svg>
  );
});

interface NamedProps extends Props {
  /** How long buckets are as far as their names tell. */
  nameMs: number;
}

/** The same in words, for who does not see the bars. */
export const BarTexts = memo(function BarTexts({ data, nameMs }: NamedProps) {
  const { t } = useTranslation();
  useZone();
  // Nothing waits for them.
  const { t: buckets, series } = useDeferredValue(data);
  // Asked for once: there are dozens of buckets, and a word takes longer than one of them.
  const words = STACK.map((status) => [status, t(`toolCalls.status.${status}`)] as const);
  const texts = buckets.flatMap((at, index) => {
    const counts = words.flatMap(([status, word]) => {
      const count = series[status]?.[index] ?? 0;
      return count === 0 ? [] : [`${word} ${count}`];
    });
    return counts.length === 0 ? [] : [`${formatBucket(at, nameMs)} ${counts.join(", ")}`];
  });
  return <p className="sr-only">{texts.join("; ")}</p>;
});

/** The bucket beneath the pointer, and what it counts. */
export function Reading({ data, index, nameMs }: NamedProps & { index: number }) {
  const { t, i18n } = useTranslation();
  const at = data.t[index];
  if (at === undefined) return null;
  const share = 100 / data.t.length;
  const isLeft = index < data.t.length / 2;
  const counts = STACK.map((status) => [status, data.series[status]?.[index] ?? 0] as const);
  return (
    <div aria-hidden className="pointer-events-none">
      <div
        className="absolute inset-y-0 bg-hover"
        style={{ left: `${index * share}%`, width: `calc(${share}% - 1px)` }}
      />
      <div
        className="tabular absolute top-0 z-20 flex flex-col gap-0.5 whitespace-nowrap rounded-md border border-border bg-raised px-2.5 py-1.5 text-muted text-xs shadow-pop"
        style={
          isLeft
            ? { left: `calc(${(index + 1) * share}% + 6px)` }
            : { right: `calc(${100 - index * share}% + 6px)` }
        }
      >
        <span className="font-mono text-text">
          {formatBucket(at, nameMs)}
          <b className="ml-2 font-sans font-semibold">
            {t("toolCalls.histogram.calls", {
              count: counts.reduce((sum, [, count]) => sum + count, 0),
            })}
          </b>
        </span>
        {counts
          .filter(([, count]) => count > 0)
          .toReversed()
          .map(([status, count]) => (
            <span key={status} className="flex items-center gap-1.5">
              <span className={clsx("size-2 rounded-[2px]", DOTS[status])} />
              {t(`toolCalls.status.${status}`)}
              <b className="ml-auto pl-3 font-semibold text-text">
                {formatCount(count, i18n.language)}
              </b>
            </span>
          ))}
      </div>
    </div>
  );
}
