import { clsx } from "clsx";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { useTheme } from "@/lib/theme";
import { formatBucket } from "@/lib/time";
import { useZone } from "@/lib/zone";
import {
  drawnSeries,
  PLOT_HEIGHT_PX,
  type PlotSeries,
  type PlotShape,
  plotData,
  plotOptions,
} from "./plot";

interface Props {
  title: string;
  kind: PlotShape["kind"];
  t: number[];
  stepMs: number;
  series: (PlotSeries & { swatch: string })[];
  format: (value: number) => string;
  /** What a legend entry says while nothing is pointed at. */
  total: (index: number) => string;
  onOpen: (index: number) => void;
  onZoom: (range: { from: string; to: string }) => void;
}

/** Figures over time. A click or Enter opens the calls of a bucket, a drag zooms in. */
export function TimeChart(props: Props) {
  const { title, kind, t, stepMs, series, format, total, onOpen, onZoom } = props;
  const { t: text, i18n } = useTranslation();
  const theme = useTheme();
  const zone = useZone();
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const [at, setAt] = useState<number>();
  const shape: PlotShape = {
    kind,
    stepMs,
    series,
    format,
    onCursor: setAt,
    onOpen,
    onZoom: (from, to) => onZoom({ from: moment(from), to: moment(to) }),
  };
  const latest = useRef({ shape, t });
  latest.current = { shape, t };

  // biome-ignore lint/correctness/useExhaustiveDependencies: what the look hangs on; the rest is read when it is needed
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const drawn = draw(element, latest);
    plot.current = drawn;
    const observer = new ResizeObserver(() =>
      drawn.setSize({ width: element.clientWidth, height: PLOT_HEIGHT_PX }),
    );
    observer.observe(element);
    return () => {
      observer.disconnect();
      drawn.destroy();
      plot.current = undefined;
    };
  }, [theme, zone, stepMs, kind, i18n.language]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: new values
  useEffect(() => plot.current?.setData(plotData(t, latest.current.shape)), [t, series]);

  const point = (index: number) => {
    const drawn = plot.current;
    const seconds = t[index];
    if (!drawn || seconds === undefined) return;
    drawn.setCursor({ left: drawn.valToPos(seconds, "x"), top: 0 });
    setAt(index);
  };
  const press = (event: KeyboardEvent) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step) {
      event.preventDefault();
      point(Math.min(t.length - 1, Math.max(0, (at ?? t.length) + step)));
    } else if (event.key === "Enter" && at !== undefined) {
      onOpen(at);
    }
  };
  const when = at === undefined ? undefined : formatBucket(t[at] ?? 0, stepMs);
  const entries = series.map(({ label, swatch, values }, index) => ({
    label,
    swatch,
    value: at === undefined ? total(index) : values[at] == null ? "—" : format(values[at]),
  }));
  return (
    <section className="flex min-w-0 flex-col gap-2 rounded-lg border border-border p-3.5">
      <div className="flex min-h-5 flex-wrap items-center gap-x-4 gap-y-1 text-xs">
        <h2 className="font-semibold">{title}</h2>
        <ul className="tabular flex flex-wrap gap-x-3 gap-y-1 text-muted">
          {entries.map(({ label, swatch, value }) => (
            <li key={label} className="flex items-center gap-1.5">
              <span aria-hidden className={clsx("size-2 rounded-[2px]", swatch)} />
              {label}
              <b className="font-semibold text-text">{value}</b>
            </li>
          ))}
        </ul>
        <span className="tabular ml-auto font-mono text-muted">{when}</span>
      </div>
      <div
        ref={place}
        role="slider"
        tabIndex={0}
        aria-label={text("metrics.chart", { title })}
        aria-valuemin={0}
        aria-valuemax={Math.max(0, t.length - 1)}
        aria-valuenow={at ?? Math.max(0, t.length - 1)}
        aria-valuetext={[when, ...entries.map(({ label, value }) => `${label} ${value}`)]
          .filter(Boolean)
          .join(", ")}
        onKeyDown={press}
        style={{ height: PLOT_HEIGHT_PX }}
        className="min-w-0 cursor-pointer overflow-hidden"
      />
    </section>
  );
}

function draw(
  element: HTMLDivElement,
  latest: { readonly current: { shape: PlotShape; t: number[] } },
): uPlot {
  const { shape, t } = latest.current;
  const now = () => latest.current.shape;
  const options = plotOptions(
    {
      ...shape,
      series: drawnSeries(shape),
      onCursor: (index) => now().onCursor(index),
      onOpen: (index) => now().onOpen(index),
      onZoom: (from, to) => now().onZoom(from, to),
    },
    element.clientWidth,
  );
  return new uPlot(options, plotData(t, shape), element);
}

function moment(seconds: number): string {
  return new Date(seconds * 1_000).toISOString();
}
