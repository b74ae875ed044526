import { type CallFilter, only, queryOf, withQuery } from "@/features/call-filter/search";
import { narrowed, withDuration, withValues } from "@/lib/query/edit";
import { parseQuery } from "@/lib/query/parser";
import { printQuery } from "@/lib/query/print";

export const FAILED = ["error", "timeout", "cancelled"];

/** What a breakdown row stands for. */
export interface Row {
  value: string;
  server_name?: string | null;
}

export type BreakdownField = "tool" | "server" | "client" | "error_kind" | "error_message";

/** The log shortens messages to so many characters where it counts them. */
const MESSAGE_CHARS = 200;

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
  if (by === "error_message") return withMessage(base, value);
  if (by === "error_kind") return only(filter, "kind", value);
  const one = only(base, by, value);
  return by === "tool" && server ? only(one, "server", server) : one;
}

function withMessage(filter: CallFilter, message: string): CallFilter {
  // The last word of a message that was cut is no word of the message.
  const isCut = [...message].length >= MESSAGE_CHARS;
  const text = isCut ? message.replace(/\S+$/, "").trim() : message;
  const query = narrowed(queryOf(filter), {
    field: { field: "error", operator: "=", value: { pattern: [text] } },
  });
  const isReadable = !parseQuery(printQuery(query)).problem;
  return isReadable ? withQuery(filter, query) : withStatuses(filter, FAILED);
}
