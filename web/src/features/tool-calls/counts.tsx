import { useQuery } from "@tanstack/react-query";
import { clsx } from "clsx";
import { memo } from "react";
import { useTranslation } from "react-i18next";
import { summaryQuery } from "@/api/figures";
import { type CallFilter, toParams } from "@/features/call-filter/search";
import { formatDuration } from "@/lib/duration";
import { formatCount } from "@/lib/numbers";

const DOTS = [
  ["success", "bg-chart-ok"],
  ["error", "bg-chart-error"],
  ["timeout", "bg-chart-timeout"],
  ["cancelled", "bg-cancelled"],
  ["running", "bg-running"],
] as const;

const ALWAYS: readonly string[] = ["success", "error"];

interface Props {
  project: string;
  filter: CallFilter;
}

/** How many calls of which status, and how long they took. */
export const Counts = memo(function Counts({ project, filter }: Props) {
  const { t, i18n } = useTranslation();
  const { data, isPlaceholderData } = useQuery(summaryQuery(project, toParams(filter)));
  if (!data) return <div aria-hidden className="h-5" />;
  const percentiles = [
    ["p50", data.p50_duration_us],
    ["p95", data.p95_duration_us],
    ["p99", data.p99_duration_us],
  ] as const;
  return (
    <div
      aria-busy={isPlaceholderData}
      className="tabular flex min-h-5 flex-wrap items-center gap-x-4 gap-y-1 text-muted text-xs aria-busy:opacity-60"
    >
      <span>
        {t("metrics.calls")}{" "}
        <b className="font-semibold text-text">{formatCount(data.total, i18n.language)}</b>
      </span>
      {DOTS.filter(([status]) => ALWAYS.includes(status) || data[status] > 0).map(
        ([status, dot]) => (
          <span key={status} className="flex items-center gap-1.5">
            <span aria-hidden className={clsx("size-2 rounded-[2px]", dot)} />
            {t(`toolCalls.status.${status}`)}
            <b className="font-semibold text-text">{formatCount(data[status], i18n.language)}</b>
          </span>
        ),
      )}
      <span className="flex gap-4 md:ml-auto">
        {percentiles.map(([name, us]) => (
          <span key={name}>
            {name}{" "}
            <b className="font-semibold text-text">
              {us === null || us === undefined ? "—" : formatDuration(us)}
            </b>
          </span>
        ))}
      </span>
    </div>
  );
});
