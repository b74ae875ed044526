import { withMessage } from "@/features/call-filter/message";
import { type CallFilter, only, queryOf, withQuery } from "@/features/call-filter/search";
import { narrowed, withDuration, withValues } from "@/lib/query/edit";

export const FAILED = ["error", "timeout", "cancelled"];

/** What a breakdown row stands for. */
export interface Row {
  value: string;
  server_name?: string | null;
}

export type BreakdownField = "tool" | "server" | "client" | "error_kind" | "error_message";

/** The calls of some statuses. */
export function withStatuses(filter: CallFilter, statuses: string[]): CallFilter {
  return withQuery(filter, withValues(queryOf(filter), "status", statuses));
}

/** The calls that took at least so long. */
export function atLeast(filter: CallFilter, us: number): CallFilter {
  return withQuery(filter, withDuration(queryOf(filter), { min: us }));
}

/** The calls that a row counts, of which those that failed alone where it counts those. */
export function behindRow(
  filter: CallFilter,
  by: BreakdownField,
  { value, server_name: server }: Row,
  isFailures: boolean,
): CallFilter {
  const base = isFailures ? withStatuses(filter, FAILED) : filter;
  if (by === "error_message") {
    const said = withMessage(value);
    return said ? withQuery(base, narrowed(queryOf(base), said)) : withStatuses(base, FAILED);
  }
  if (by === "error_kind") return only(filter, "kind", value);
  const one = only(base, by, value);
  return by === "tool" && server ? only(one, "server", server) : one;
}
