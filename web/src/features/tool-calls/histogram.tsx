import { useQuery } from "@tanstack/react-query";
import { clsx } from "clsx";
import { memo, type PointerEvent, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { histogramQuery } from "@/api/figures";
import { type CallFilter, toParams } from "@/features/call-filter/search";
import { formatCount } from "@/lib/numbers";
import { formatBucket } from "@/lib/time";
import { useZone, type Zone } from "@/lib/zone";

const SERIES = [
  ["error", "bg-chart-error"],
  ["timeout", "bg-chart-timeout"],
  ["cancelled", "bg-cancelled"],
  ["running", "bg-running"],
  ["success", "bg-chart-ok"],
] as const;
const HEIGHT_PX = 72;
const DAY_MS = 86_400_000;
const TICKS = 6;

interface Props {
  project: string;
  filter: CallFilter;
  onZoom: (range: { from: string; to: string }) => void;
}

/** Calls over time by status, the failures at the bottom. Dragging across it zooms in. */
export const Histogram = memo(function Histogram({ project, filter, onZoom }: Props) {
  const { t, i18n } = useTranslation();
  const zone = useZone();
  const { data, isPlaceholderData } = useQuery(histogramQuery(project, toParams(filter)));
  const plot = useRef<HTMLDivElement>(null);
  const [drag, setDrag] = useState<{ from: number; to: number }>();
  const buckets = data?.t ?? [];
  const step = data?.step_ms ?? 1;
  const most = Math.max(1, ...(data ? totalsOf(data) : []));
  const spanMs = step * buckets.length;
  const tickMs = spanMs > DAY_MS ? DAY_MS : spanMs < TICKS * 60_000 ? 1_000 : 60_000;

  const bucketAt = (event: PointerEvent) => {
    const box = plot.current?.getBoundingClientRect();
    if (!box || buckets.length === 0) return 0;
    const share = (event.clientX - box.left) / box.width;
    return Math.min(buckets.length - 1, Math.max(0, Math.floor(share * buckets.length)));
  };
  const release = () => {
    if (!drag) return;
    const [first, last] = [Math.min(drag.from, drag.to), Math.max(drag.from, drag.to)];
    setDrag(undefined);
    const from = (buckets[first] ?? 0) * 1_000;
    const to = (buckets[last] ?? 0) * 1_000 + step;
    onZoom({ from: new Date(from).toISOString(), to: new Date(to).toISOString() });
  };

  return (
    <figure
      className="flex flex-col gap-1 aria-busy:opacity-60 max-md:hidden"
      aria-busy={isPlaceholderData}
      aria-label={t("toolCalls.histogram.label")}
    >
      <div
        ref={plot}
        style={{ height: HEIGHT_PX }}
        className="relative flex cursor-crosshair touch-none select-none items-end gap-px"
        onPointerDown={(event) => {
          if (event.button !== 0 || buckets.length === 0) return;
          event.currentTarget.setPointerCapture(event.pointerId);
          setDrag({ from: bucketAt(event), to: bucketAt(event) });
        }}
        onPointerMove={(event) => drag && setDrag({ ...drag, to: bucketAt(event) })}
        onPointerUp={release}
        onPointerCancel={() => setDrag(undefined)}
      >
        {data && <Bars data={data} zone={zone} />}
        {drag && (
          <div
            aria-hidden
            className="pointer-events-none absolute inset-y-0 border-accent border-x bg-accent/20"
            style={{
              left: `${(Math.min(drag.from, drag.to) / buckets.length) * 100}%`,
              width: `${((Math.abs(drag.to - drag.from) + 1) / buckets.length) * 100}%`,
            }}
          />
        )}
      </div>
      <figcaption className="tabular flex h-4 justify-between font-mono text-2xs text-muted">
        {ticks(buckets).map((at) => (
          <span key={at}>{formatBucket(at, tickMs)}</span>
        ))}
        <span className="sr-only">
          {t("toolCalls.histogram.most", { count: formatCount(most, i18n.language) })}
        </span>
      </figcaption>
    </figure>
  );
});

interface Data {
  t: number[];
  step_ms: number;
  series: { [status: string]: number[] };
}

/** Drawn again only for other data, or for another zone: they are many. */
const Bars = memo(function Bars({ data }: { data: Data; zone: Zone }) {
  const { t } = useTranslation();
  const totals = totalsOf(data);
  const most = Math.max(1, ...totals);
  return data.t.map((at, index) => (
    <div
      key={at}
      title={`${formatBucket(at, data.step_ms)} · ${t("toolCalls.histogram.calls", { count: totals[index] ?? 0 })}`}
      className="flex h-full min-w-0 flex-1 flex-col-reverse hover:bg-hover"
    >
      {SERIES.map(([status, colour]) => {
        const count = data.series[status]?.[index] ?? 0;
        if (count === 0) return null;
        const height = Math.max(1.5, (count / most) * HEIGHT_PX);
        return <span key={status} className={clsx("w-full shrink-0", colour)} style={{ height }} />;
      })}
    </div>
  ));
});

function totalsOf({ t, series }: Data): number[] {
  return t.map((_, index) =>
    SERIES.reduce((sum, [status]) => sum + (series[status]?.[index] ?? 0), 0),
  );
}

/** Buckets, evenly spread. */
function ticks(buckets: number[]): number[] {
  const last = buckets.length - 1;
  const places = Array.from({ length: TICKS }, (_, at) => Math.round((at / (TICKS - 1)) * last));
  return [...new Set(places)].flatMap((place) => buckets[place] ?? []);
}
