import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { histogramQuery, summaryQuery, timeSeriesQuery } from "@/api/figures";
import { type CallFilter, toParams, withRange } from "@/features/call-filter/search";
import { formatDuration } from "@/lib/duration";
import { formatCount } from "@/lib/numbers";
import { ProblemView, Skeleton } from "@/ui/states";
import { atLeast } from "./behind";

// What draws is the heaviest part of the page, and nothing else waits for it.
const TimeChart = lazy(async () => ({ default: (await import("./time-chart")).TimeChart }));

interface Props {
  project: string;
  filter: CallFilter;
  onZoom: (range: { from: string; to: string }) => void;
  /** Shows the calls of a filter. */
  onOpen: (filter: CallFilter) => void;
}

/** The failures at the bottom, where they are seen. */
const STATUSES = [
  ["error", "--chart-error", "bg-chart-error"],
  ["timeout", "--chart-timeout", "bg-chart-timeout"],
  ["cancelled", "--cancelled", "bg-cancelled"],
  ["running", "--running", "bg-running"],
  ["success", "--chart-ok", "bg-chart-ok"],
] as const;

export function CallsChart({ project, filter, onZoom, onOpen }: Props) {
  const { t, i18n } = useTranslation();
  const { data, error, refetch } = useQuery(histogramQuery(project, toParams(filter)));
  const count = (value: number) => formatCount(value, i18n.language);
  if (!data) return <Missing error={error} onRetry={() => void refetch()} />;
  const sum = (values: (number | null)[]) =>
    values.reduce<number>((all, one) => all + (one ?? 0), 0);
  const series = STATUSES.map(([status, colour, swatch]) => ({
    label: t(`toolCalls.status.${status}`),
    colour,
    swatch,
    values: data.series[status] ?? data.t.map(() => 0),
  }));
  return (
    <Suspense fallback={<Missing />}>
      <TimeChart
        title={t("toolCalls.histogram.label")}
        kind="stack"
        t={data.t}
        stepMs={data.step_ms}
        series={series}
        format={count}
        total={(index) => count(sum(series[index]?.values ?? []))}
        onOpen={(index) => onOpen(withRange(filter, bucket(data, index)))}
        onZoom={onZoom}
      />
    </Suspense>
  );
}

const PERCENTILES = [
  ["p50", "--p50", "bg-p50"],
  ["p95", "--p95", "bg-p95"],
  ["p99", "--p99", "bg-p99"],
] as const;

export function LatencyChart({ project, filter, onZoom, onOpen }: Props) {
  const { t } = useTranslation();
  const { data, error, refetch } = useQuery(timeSeriesQuery(project, toParams(filter)));
  const summary = useQuery(summaryQuery(project, toParams(filter))).data;
  if (!data) return <Missing error={error} onRetry={() => void refetch()} />;
  const series = PERCENTILES.map(([name, colour, swatch]) => ({
    label: name,
    colour,
    swatch,
    values: data.series[`${name}_duration_us`] ?? data.t.map(() => null),
  }));
  const whole = (index: number) => {
    const [name] = PERCENTILES[index] ?? ["p50"];
    const us = summary?.[`${name}_duration_us`];
    return us == null ? "—" : formatDuration(us);
  };
  // A click leads to the slowest of the bucket: those that make its p95.
  const open = (index: number) => {
    const inBucket = withRange(filter, bucket(data, index));
    const slow = data.series.p95_duration_us?.[index];
    onOpen(slow ? atLeast(inBucket, slow) : inBucket);
  };
  return (
    <Suspense fallback={<Missing />}>
      <TimeChart
        title={t("metrics.latency")}
        kind="lines"
        t={data.t}
        stepMs={data.step_ms}
        series={series}
        format={formatDuration}
        total={whole}
        onOpen={open}
        onZoom={onZoom}
      />
    </Suspense>
  );
}

function Missing({ error, onRetry }: { error?: unknown; onRetry?: () => void }) {
  return error ? (
    <ProblemView error={error} {...(onRetry ? { onRetry } : {})} isInline />
  ) : (
    <Skeleton className="h-60" />
  );
}

function bucket({ t, step_ms: step }: { t: number[]; step_ms: number }, index: number) {
  const from = (t[index] ?? 0) * 1_000;
  return { from: new Date(from).toISOString(), to: new Date(from + step).toISOString() };
}
