import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { summaryQuery } from "@/api/figures";
import { type CallFilter, toParams } from "@/features/call-filter/search";
import { formatDuration } from "@/lib/duration";
import { formatCount } from "@/lib/numbers";
import { ProblemView, Skeleton } from "@/ui/states";
import { atLeast, FAILED, withStatuses } from "./behind";
import { Figure } from "./figure";
import { Gauge } from "./gauge";

const GRID = "grid grid-cols-2 gap-3 md:grid-cols-3 xl:grid-cols-6";

interface Props {
  project: string;
  filter: CallFilter;
}

/** The totals of a range, each beside that of the range before. */
export function Figures({ project, filter }: Props) {
  const { t, i18n } = useTranslation();
  const { data: now, error, refetch } = useQuery(summaryQuery(project, toParams(filter)));
  if (error && !now) {
    return <ProblemView error={error} onRetry={() => void refetch()} isInline />;
  }
  if (!now) return <Loading />;
  const { previous: before } = now;
  const count = (value: number) => formatCount(value, i18n.language);
  const rate = (value: number) =>
    new Intl.NumberFormat(i18n.language, { style: "percent", maximumFractionDigits: 1 }).format(
      // Rounded up, nearly all would read as all.
      value < 1 ? Math.min(value, 0.999) : value,
    );
  const perMinute = (value: number) =>
    new Intl.NumberFormat(i18n.language, {
      maximumSignificantDigits: value < 10 ? 2 : 4,
    }).format(value);
  const took = (us: number | null | undefined) => (us ? atLeast(filter, us) : filter);
  const failed = { now: failedOf(now), before: failedOf(before) };
  return (
    <section aria-label={t("metrics.figures")} className={GRID}>
      <Figure
        project={project}
        name={t("metrics.successRate")}
        now={now.success_rate}
        before={before.success_rate}
        format={rate}
        better="up"
        search={withStatuses(filter, ["success"])}
      >
        {typeof now.success_rate === "number" ? (
          <>
            <Gauge share={now.success_rate} text={rate(now.success_rate)} />
            <span className="sr-only">{rate(now.success_rate)}</span>
          </>
        ) : undefined}
      </Figure>
      <Figure
        project={project}
        name={t("metrics.calls")}
        now={now.total}
        before={before.total}
        format={count}
        search={filter}
      />
      <Figure
        project={project}
        name={t("metrics.failed")}
        now={failed.now}
        before={failed.before}
        format={count}
        better="down"
        search={withStatuses(filter, FAILED)}
      />
      <Figure
        project={project}
        name={t("metrics.perMinute")}
        now={now.calls_per_minute}
        before={before.calls_per_minute}
        format={perMinute}
        search={filter}
      />
      <Figure
        project={project}
        name={t("metrics.average")}
        now={now.avg_duration_us}
        before={before.avg_duration_us}
        format={formatDuration}
        better="down"
        search={took(now.avg_duration_us)}
      />
      <Figure
        project={project}
        name={t("metrics.p95")}
        now={now.p95_duration_us}
        before={before.p95_duration_us}
        format={formatDuration}
        better="down"
        search={took(now.p95_duration_us)}
      />
    </section>
  );
}

/** As high as what comes, so that nothing below it jumps: the first one has a gauge. */
function Loading() {
  return (
    <div className={GRID}>
      <Skeleton className="h-[126px]" />
      {["b", "c", "d", "e", "f"].map((key) => (
        <Skeleton key={key} className="min-h-[82px]" />
      ))}
    </div>
  );
}

function failedOf({
  error,
  timeout,
  cancelled,
}: Record<"error" | "timeout" | "cancelled", number>) {
  return error + timeout + cancelled;
}
