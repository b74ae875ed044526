import { useQuery } from "@tanstack/react-query";
import { memo, type PointerEvent, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { histogramQuery } from "@/api/figures";
import { type CallFilter, toParams } from "@/features/call-filter/search";
import { formatCount } from "@/lib/numbers";
import { formatBucket } from "@/lib/time";
import { useZone } from "@/lib/zone";
import { type Counted, totalsOf } from "./bars";
import { Bars, BarTexts, HEIGHT_PX, Reading } from "./histogram-bars";

const DAY_MS = 86_400_000;
const TICKS = 6;

interface Props {
  project: string;
  filter: CallFilter;
  onZoom: (range: { from: string; to: string }) => void;
}

const NOTHING: Counted = { t: [], step_ms: 1, series: {} };

/** Calls over time by status, the failures at the bottom. Dragging across it zooms in. */
export const Histogram = memo(function Histogram({ project, filter, onZoom }: Props) {
  const { t, i18n } = useTranslation();
  useZone();
  const histogram = useQuery(histogramQuery(project, toParams(filter)));
  const data: Counted = histogram.data ?? NOTHING;
  const most = useMemo(() => Math.max(1, ...totalsOf(data)), [data]);
  const plot = useRef<HTMLDivElement>(null);
  const [drag, setDrag] = useState<{ from: number; to: number }>();
  const [pointed, setPointed] = useState<number>();
  const { t: buckets, step_ms: step } = data;
  const spanMs = step * buckets.length;
  const tickMs = spanMs > DAY_MS ? DAY_MS : spanMs < TICKS * 60_000 ? 1_000 : 60_000;
  // Beyond a day a bucket says of which day it is.
  const nameMs = spanMs > DAY_MS ? DAY_MS : step;

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
      aria-busy={histogram.isPlaceholderData}
      aria-label={t("toolCalls.histogram.label")}
    >
      <div
        ref={plot}
        style={{ height: HEIGHT_PX }}
        className="@container relative z-10 cursor-crosshair touch-none select-none"
        onPointerDown={(event) => {
          if (event.button !== 0 || buckets.length === 0) return;
          event.currentTarget.setPointerCapture(event.pointerId);
          setDrag({ from: bucketAt(event), to: bucketAt(event) });
        }}
        onPointerMove={(event) => {
          const at = bucketAt(event);
          setPointed(at);
          if (drag) setDrag({ ...drag, to: at });
        }}
        onPointerLeave={() => setPointed(undefined)}
        onPointerUp={release}
        onPointerCancel={() => setDrag(undefined)}
      >
        {pointed !== undefined && !drag && <Reading data={data} index={pointed} nameMs={nameMs} />}
        <Bars data={data} most={most} />
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
      <BarTexts data={data} nameMs={nameMs} />
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

/** Buckets, evenly spread. */
function ticks(buckets: number[]): number[] {
  const last = buckets.length - 1;
  const places = Array.from({ length: TICKS }, (_, at) => Math.round((at / (TICKS - 1)) * last));
  return [...new Set(places)].flatMap((place) => buckets[place] ?? []);
}
