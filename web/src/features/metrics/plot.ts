import uPlot from "uplot";
import { formatBucket } from "@/lib/time";
import { currentZone } from "@/lib/zone";

export interface PlotSeries {
  label: string;
  /** Name of a colour of the theme: `--p95`. */
  colour: string;
  values: (number | null)[];
}

export interface PlotShape {
  kind: "stack" | "lines";
  series: PlotSeries[];
  stepMs: number;
  format: (value: number) => string;
  onCursor: (index: number | undefined) => void;
  onOpen: (index: number) => void;
  onZoom: (fromSeconds: number, toSeconds: number) => void;
}

export const PLOT_HEIGHT_PX = 190;
/** Right of the last bucket. */
const EDGE_PX = 8;
/** Half the width of a digit. */
const HALF_DIGIT_PX = 3.5;
const FONT = '11px "Inter Variable", system-ui, sans-serif';
/** A shorter drag is a click. */
const DRAG_PX = 6;

/** What uPlot is told to draw; only what hangs on the shape, not the values. */
export function plotOptions(shape: PlotShape, width: number): uPlot.Options {
  const { kind, series, stepMs } = shape;
  const isStack = kind === "stack";
  return {
    width,
    height: PLOT_HEIGHT_PX,
    padding: [8, EDGE_PX, 0, 0],
    legend: { show: false },
    tzDate: (seconds) =>
      currentZone() === "utc"
        ? uPlot.tzDate(new Date(seconds * 1_000), "Etc/UTC")
        : new Date(seconds * 1_000),
    scales: {
      x: { time: true, range: (_, min, max) => [min, max + stepMs / 1_000] },
      y: isStack
        ? { range: (_, __, max) => [0, Math.max(4, max * 1.1)] }
        : // Between a usual and a slow call lie powers of ten.
          { distr: 3, range: (_, min, max) => [floorTen(min), ceilTen(max)] },
    },
    cursor: {
      x: true,
      y: false,
      points: { show: !isStack },
      drag: { x: true, y: false, setScale: false, dist: DRAG_PX },
    },
    axes: [
      {
        ...axis(),
        size: 28,
        space: 90,
        values: (plot, splits, _, __, step) =>
          splits.map((at) => {
            const text = formatBucket(at, step * 1_000);
            return findsRoom(plot, at, text) ? text : null;
          }),
      },
      {
        ...axis(),
        size: 58,
        ...(isStack
          ? { incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 1e5, 1e6] }
          : { filter: powersOfTen, grid: { ...axis().grid, filter: powersOfTen } }),
        values: (_, splits) => splits.map((value) => (value === null ? null : shape.format(value))),
      },
    ],
    series: [{}, ...series.map((one) => (isStack ? bar(one) : line(one)))],
    hooks: {
      setCursor: [({ cursor }) => shape.onCursor(cursor.idx ?? undefined)],
      setSelect: [
        (plot) => {
          const { left, width: dragged } = plot.select;
          if (dragged < DRAG_PX) return;
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          shape.onZoom(plot.posToVal(left, "x"), plot.posToVal(left + dragged, "x"));
        },
      ],
      ready: [
        (plot) => {
          plot.over.addEventListener("click", () => {
            const { idx } = plot.cursor;
            if (idx !== null && idx !== undefined) shape.onOpen(idx);
          });
        },
      ],
    },
  };
}

/** The columns that are drawn: of a stack each series lies on those before it, the tallest first. */
export function plotData(t: number[], { kind, series }: PlotShape): uPlot.AlignedData {
  if (kind === "lines") {
    // A logarithm of nothing is none.
    return [t, ...series.map(({ values }) => values.map((one) => one && Math.max(1, one)))];
  }
  const sums = t.map(() => 0);
  const stacked = series.map(({ values }) =>
    values.map((value, index) => {
      sums[index] = (sums[index] ?? 0) + (value ?? 0);
      return sums[index] ?? 0;
    }),
  );
  return [t, ...stacked.reverse()];
}

/** The series in the order in which `plotData` gives their columns. */
export function drawnSeries({ kind, series }: PlotShape): PlotSeries[] {
  return kind === "stack" ? [...series].reverse() : series;
}

/** Whether a text below a moment ends before the edge, which would cut it. */
function findsRoom(plot: uPlot, at: number, text: string): boolean {
  const end = plot.valToPos(at, "x") + text.length * HALF_DIGIT_PX;
  return end <= plot.bbox.width / devicePixelRatio + EDGE_PX;
}

function axis(): uPlot.Axis {
  return {
    stroke: colour("--muted"),
    font: FONT,
    grid: { stroke: colour("--border-subtle"), width: 1 },
    ticks: { show: false },
    gap: 6,
  };
}

function bar({ label, colour: name }: PlotSeries): uPlot.Series {
  const paths = uPlot.paths.bars?.({ size: [0.86, 40], align: 1, gap: 1 });
  return {
    label,
    fill: colour(name),
    width: 0,
    points: { show: false },
    ...(paths ? { paths } : {}),
  };
}

function line({ label, colour: name }: PlotSeries): uPlot.Series {
  const alone: uPlot.Series.Points.Filter = ({ data }, index, shows) => {
    const drawn = data[index] ?? [];
    if (shows) return null;
    return [...drawn.keys()].filter((at) => drawn[at] != null && isAlone(drawn, at));
  };
  return {
    label,
    stroke: colour(name),
    width: 1.75,
    points: { size: 5, fill: colour(name), filter: alone },
  };
}

/** Whether no line leads to or from a value. */
function isAlone(values: ArrayLike<number | null | undefined>, at: number): boolean {
  return values[at - 1] == null && values[at + 1] == null;
}

function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function floorTen(value: number | null): number {
  return 10 ** Math.floor(Math.log10(Math.max(1, value ?? 1)));
}

function ceilTen(value: number | null): number {
  return 10 ** Math.ceil(Math.log10(Math.max(10, (value ?? 1) + 1)));
}

function powersOfTen(_: uPlot, splits: number[]): (number | null)[] {
  return splits.map((value) => (isTen(value) ? value : null));
}

function isTen(value: number): boolean {
  return Math.abs(Math.log10(value) % 1) < 1e-9;
}
