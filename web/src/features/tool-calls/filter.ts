import { parseSpan } from "@/lib/duration";
import { list, type SearchParams, text } from "@/lib/search-params";

export const DEFAULT_LAST = "30m";
export const PRESETS = ["15m", "30m", "1h", "6h", "24h", "7d"] as const;
export const STATUSES = ["success", "error", "timeout", "cancelled", "running"] as const;

/** The fields that calls are filtered by; of one field, any of its values. */
export const FIELDS = ["status", "tool", "server", "session", "client"] as const;
export type Field = (typeof FIELDS)[number];

/** What the page shows, as it stands in the address and nowhere else. */
export interface CallsSearch {
  last?: string;
  from?: string;
  to?: string;
  status?: string[];
  tool?: string[];
  server?: string[];
  session?: string[];
  client?: string[];
  /** The call that is open. */
  call?: string;
}

/** Reads an address; what makes no sense in it is left out. */
export function readSearch(given: SearchParams | Record<string, unknown>): CallsSearch {
  const search: CallsSearch = {};
  const from = moment(given.from);
  if (from) {
    search.from = from;
    const to = moment(given.to);
    if (to && to > from) search.to = to;
  } else {
    const last = text(given.last);
    if (last && last !== DEFAULT_LAST && parseSpan(last)) search.last = last;
  }
  for (const field of FIELDS) {
    const values = [...new Set(list(given[field]))];
    const known = field === "status" ? values.filter(isStatus) : values;
    if (known.length > 0) search[field] = known;
  }
  const call = text(given.call);
  if (call) search.call = call;
  return search;
}

/** The part of a search that decides which calls are listed. */
export type CallsFilter = Omit<CallsSearch, "call">;

export function filterOf({ call: _, ...filter }: CallsSearch): CallsFilter {
  return filter;
}

/** The filter as the REST API takes it. */
export function toQuery(filter: CallsFilter): CallsFilter {
  return filter.from ? filter : { ...filter, last: filter.last ?? DEFAULT_LAST };
}

export function hasFields(filter: CallsFilter): boolean {
  return FIELDS.some((field) => (filter[field] ?? []).length > 0);
}

/** The search with a value of a field added, or taken out where it was in. */
export function toggled(search: CallsSearch, field: Field, value: string): CallsSearch {
  const { [field]: before = [], ...rest } = search;
  const after = before.includes(value) ? before.filter((one) => one !== value) : [...before, value];
  return after.length > 0 ? { ...rest, [field]: after } : rest;
}

export function cleared(search: CallsSearch): CallsSearch {
  const rest = { ...search };
  for (const field of FIELDS) delete rest[field];
  return rest;
}

function moment(value: unknown): string | undefined {
  const given = text(value);
  const time = given ? Date.parse(given) : Number.NaN;
  return Number.isNaN(time) ? undefined : given;
}

function isStatus(value: string): boolean {
  return (STATUSES as readonly string[]).includes(value);
}
