import { parseSpan } from "@/lib/duration";
import { withValues } from "@/lib/query/edit";
import type { Expression } from "@/lib/query/expression";
import type { FieldName } from "@/lib/query/fields";
import { parseQuery } from "@/lib/query/parser";
import { printQuery } from "@/lib/query/print";
import { list, type SearchParams, text } from "@/lib/search-params";

export const DEFAULT_LAST = "30m";
export const PRESETS = ["15m", "30m", "1h", "6h", "24h", "7d"] as const;

/** Which calls a page shows: it stands in the address and nowhere else. */
export interface CallFilter {
  last?: string;
  from?: string;
  to?: string;
  /** A query in the query language. */
  q?: string;
}

/** Fields that an address may also name one by one, as people write them by hand. */
const BY_HAND = ["status", "tool", "server", "client", "session", "kind"] as const;

/** Reads an address; what makes no sense in it is left out. */
export function readFilter(given: SearchParams | Record<string, unknown>): CallFilter {
  const filter: CallFilter = {};
  const from = moment(given.from);
  if (from) {
    filter.from = from;
    const to = moment(given.to);
    if (to && Date.parse(to) > Date.parse(from)) filter.to = to;
  } else {
    const last = text(given.last);
    if (last && last !== DEFAULT_LAST && parseSpan(last)) filter.last = last;
  }
  const q = readQuery(given);
  if (q !== "") filter.q = q;
  return filter;
}

function readQuery(given: Record<string, unknown>): string {
  const typed = text(given.q)?.trim() ?? "";
  const byHand = BY_HAND.filter((field) => list(given[field]).length > 0);
  const { expression, problem } = parseQuery(typed);
  if (problem || byHand.length === 0) return typed;
  const query = byHand.reduce(
    (before, field) => withValues(before, field, [...new Set(list(given[field]))]),
    expression,
  );
  return printQuery(query);
}

/** The filter as the REST API takes it. */
export function toParams(filter: CallFilter): CallFilter {
  return filter.from ? filter : { ...filter, last: filter.last ?? DEFAULT_LAST };
}

/** What the query of a filter asks; null for one that asks nothing, or cannot be read. */
export function queryOf({ q }: CallFilter): Expression | null {
  return parseQuery(q ?? "").expression ?? null;
}

/** The same search with another query. */
export function withQuery<T extends CallFilter>(search: T, query: Expression | string | null): T {
  const { q: _, ...rest } = search;
  const q = typeof query === "string" ? query.trim() : printQuery(query);
  return (q === "" ? rest : { ...rest, q }) as T;
}

/** The search narrowed to one value of a field. */
export function only<T extends CallFilter>(search: T, field: FieldName, value: string): T {
  return withQuery(search, withValues(queryOf(search), field, [value]));
}

/** The same search over another span of time. */
export function withRange<T extends CallFilter>(
  search: T,
  range: { last: string } | { from: string; to?: string },
): T {
  const { last: _last, from: _from, to: _to, ...rest } = search;
  const isDefault = "last" in range && range.last === DEFAULT_LAST;
  return (isDefault ? rest : { ...rest, ...range }) as T;
}

/** Where a range begins and ends, in milliseconds, seen from now. */
export function spanOf(filter: CallFilter, now: number): { from: number; to: number } {
  const to = filter.to ? Date.parse(filter.to) : now;
  if (filter.from) return { from: Date.parse(filter.from), to };
  return { from: now - (parseSpan(filter.last ?? DEFAULT_LAST) ?? 0), to: now };
}

function moment(value: unknown): string | undefined {
  const given = text(value);
  const time = given ? Date.parse(given) : Number.NaN;
  return Number.isNaN(time) ? undefined : given;
}
