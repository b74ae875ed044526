import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { summaryQuery } from "@/api/figures";
import { useKnownValues } from "@/features/call-filter/known-values";
import { Nothing } from "@/features/call-filter/nothing";
import { QueryBar } from "@/features/call-filter/query-bar";
import { RangePicker } from "@/features/call-filter/range-picker";
import { type CallFilter, toParams, withQuery, withRange } from "@/features/call-filter/search";
import { PageBar, useTitle } from "@/ui/page";
import { Skeleton } from "@/ui/states";
import { BreakdownCard } from "./breakdown";
import { CallsChart, LatencyChart } from "./charts";
import { Figures } from "./figures";

interface Props {
  project: string;
  filter: CallFilter;
  onFilter: (filter: CallFilter) => void;
}

/** How the calls of a filter went, in figures; each leads to the calls behind it. */
export function MetricsPage({ project, filter, onFilter }: Props) {
  const { t } = useTranslation();
  useTitle(t("metrics.title"));
  const navigate = useNavigate();
  const known = useKnownValues(project, filter);
  const total = useQuery(summaryQuery(project, toParams(filter))).data?.total;
  const chart = {
    project,
    filter,
    onZoom: (range: { from: string; to: string }) => onFilter(withRange(filter, range)),
    onOpen: (search: CallFilter) =>
      void navigate({ to: "/projects/$project/tool-calls", params: { project }, search }),
  };
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <PageBar
        title={t("metrics.title")}
        actions={<RangePicker search={filter} onChange={onFilter} />}
      />
      <div className="border-border-subtle border-b px-3 py-2.5">
        <QueryBar
          query={filter.q ?? ""}
          known={known}
          onChange={(query) => onFilter(withQuery(filter, query))}
        />
      </div>
      {total === 0 ? (
        <Nothing
          project={project}
          search={filter}
          onSearch={onFilter}
          loading={<Skeleton className="m-3 h-60" />}
        />
      ) : (
        <div
          tabIndex={0}
          role="region"
          aria-label={t("metrics.title")}
          className="min-h-0 flex-1 overflow-y-auto -outline-offset-2"
        >
          <div className="flex flex-col gap-3 p-3">
            <Figures project={project} filter={filter} />
            <div className="grid gap-3 xl:grid-cols-2">
              <CallsChart {...chart} />
              <LatencyChart {...chart} />
            </div>
            <Breakdowns project={project} filter={filter} />
          </div>
        </div>
      )}
    </div>
  );
}

const FAILURES = [
  ["error_kind", "calls"],
  ["error_message", "calls"],
  ["tool", "failed"],
  ["server", "failed"],
] as const;

const USE = [
  ["tool", "calls", "topTools"],
  ["tool", "p95_duration_us", "slowestTools"],
  ["client", "calls", "clients"],
] as const;

function Breakdowns({ project, filter }: Omit<Props, "onFilter">) {
  const { t } = useTranslation();
  return (
    <>
      <div className="grid gap-3 md:grid-cols-2 xl:grid-cols-4">
        {FAILURES.map(([by, order]) => (
          <BreakdownCard
            key={by}
            project={project}
            filter={filter}
            title={t(`metrics.failures.${by}`)}
            by={by}
            order={order}
            none={t("metrics.noFailures")}
          />
        ))}
      </div>
      <div className="grid gap-3 md:grid-cols-2 xl:grid-cols-3">
        {USE.map(([by, order, title]) => (
          <BreakdownCard
            key={title}
            project={project}
            filter={filter}
            title={t(`metrics.${title}`)}
            by={by}
            order={order}
            none={t("metrics.none")}
          />
        ))}
      </div>
    </>
  );
}
