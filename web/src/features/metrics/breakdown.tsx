import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { clsx } from "clsx";
import { useTranslation } from "react-i18next";
import { type Breakdown, breakdownQuery } from "@/api/figures";
import type { BreakdownRow } from "@/api/types";
import { type CallFilter, toParams } from "@/features/call-filter/search";
import { clientTypeTitle } from "@/lib/clients";
import { formatDuration } from "@/lib/duration";
import { formatCount } from "@/lib/numbers";
import { ProblemView, Skeleton } from "@/ui/states";
import { type BreakdownField, behindRow } from "./behind";
import { changeOf } from "./compare";
import { ChangeMark } from "./figure";

const MOST_ROWS = 8;

// Cards are six rows high at least, before and after their rows are there.

interface Props {
  project: string;
  filter: CallFilter;
  title: string;
  by: BreakdownField;
  /** What the rows are ranked by. */
  order: NonNullable<Breakdown["order"]>;
  /** What is said where there is no row. */
  none: string;
}

/** The values of a field, the largest first; each leads to its calls. */
export function BreakdownCard({ project, filter, title, by, order, none }: Props) {
  const { t } = useTranslation();
  const { data, error, refetch } = useQuery(
    breakdownQuery(project, toParams(filter), { by, order, limit: MOST_ROWS }),
  );
  const isFailures = order === "failed" || by === "error_kind" || by === "error_message";
  const rows = data?.data.filter((row) => sizeOf(row, order) > 0);
  const most = Math.max(1, ...(rows ?? []).map((row) => sizeOf(row, order)));
  return (
    <section className="flex min-w-0 flex-col gap-2 rounded-lg border border-border p-3.5">
      <h2 className="font-semibold text-xs">{title}</h2>
      {error && !data && <ProblemView error={error} onRetry={() => void refetch()} isInline />}
      {!data && !error && <Skeleton className="h-42" />}
      {rows?.length === 0 && <p className="min-h-42 py-2 text-muted text-xs">{none}</p>}
      {rows && rows.length > 0 && (
        <ul className="-mx-1.5 flex min-h-42 flex-col">
          {rows.map((row) => (
            <Row
              key={`${row.server_name ?? ""} ${row.value}`}
              project={project}
              search={behindRow(filter, by, row, isFailures)}
              row={row}
              by={by}
              order={order}
              share={sizeOf(row, order) / most}
            />
          ))}
        </ul>
      )}
      {data?.is_partial && <p className="text-muted text-xs">{t("toolCalls.facets.partial")}</p>}
    </section>
  );
}

interface RowProps {
  project: string;
  search: CallFilter;
  row: BreakdownRow;
  by: BreakdownField;
  order: Props["order"];
  /** Of the largest row, 0 to 1. */
  share: number;
}

function Row({ project, search, row, by, order, share }: RowProps) {
  const { t, i18n } = useTranslation();
  const name = useRowName(by, row.value);
  const isSlow = order === "p95_duration_us";
  const isFailures = order === "failed" || by === "error_kind" || by === "error_message";
  const size = sizeOf(row, order);
  return (
    <li>
      <Link
        to="/projects/$project/tool-calls"
        params={{ project }}
        search={search}
        title={name}
        className="relative flex h-7 items-center gap-2 overflow-hidden rounded-md px-1.5 text-xs hover:bg-hover"
      >
        <span
          aria-hidden
          className={clsx(
            "absolute inset-y-1 left-0 rounded-sm",
            isFailures ? "bg-error/15" : "bg-p50/20",
          )}
          style={{ width: `${Math.max(1, share * 100)}%` }}
        />
        <span className={clsx("relative min-w-0 truncate", by !== "error_kind" && "font-mono")}>
          {name}
        </span>
        {by === "tool" && row.server_name && (
          <span className="relative shrink-[2] truncate text-muted">{row.server_name}</span>
        )}
        <span className="tabular relative ml-auto flex shrink-0 items-center gap-2 pl-2">
          {order === "calls" && (
            <ChangeMark
              change={changeOf(row.calls, row.previous_calls)}
              better={isFailures ? "down" : undefined}
            />
          )}
          {isSlow && (
            <span className="text-muted">{t("metrics.callCount", { count: row.calls })}</span>
          )}
          {order === "failed" && (
            <span className="text-muted">
              {t("metrics.outOf", { calls: formatCount(row.calls, i18n.language) })}
            </span>
          )}
          <b className="font-semibold">
            {isSlow ? formatDuration(size) : formatCount(size, i18n.language)}
          </b>
        </span>
      </Link>
    </li>
  );
}

function sizeOf(row: BreakdownRow, order: Props["order"]): number {
  return row[order] ?? 0;
}

function useRowName(by: BreakdownField, value: string): string {
  const { t } = useTranslation();
  if (by === "error_kind") {
    return t(`toolCalls.errorKindNames.${value}`, { defaultValue: value });
  }
  if (by === "client") return clientTypeTitle(value) ?? t("toolCalls.otherClient");
  return value === "" ? t("metrics.unnamed") : value;
}
