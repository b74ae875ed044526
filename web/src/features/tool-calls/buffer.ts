import type { ToolCall } from "@/api/types";

/** The calls that the page holds. Rows are newest first, and each call is there once. */
export interface CallBuffer {
  rows: ToolCall[];
  /** Calls that came while the reader was further down; newest first. */
  pending: ToolCall[];
  /** How many came, also where `pending` could not hold them all. */
  pendingCount: number;
  /** Start of the range that the first page was read from. */
  from: string | null;
  /** Cursor behind the last row; null where the rows were cut and it is lost. */
  older: string | null;
  hasOlder: boolean;
  /** Where the live tail goes on. */
  newer: string;
}

/** How many rows are kept while new ones arrive on top. */
export const MOST_ROWS = 5_000;

interface Page {
  data: ToolCall[];
  page: { older?: string | null; newer?: string | null; has_older: boolean };
  meta: { from?: string | null };
}

export function firstPage({ data, page, meta }: Page): CallBuffer {
  return {
    rows: data,
    pending: [],
    pendingCount: 0,
    from: meta.from ?? null,
    older: page.older ?? null,
    hasOlder: page.has_older,
    newer: page.newer ?? "",
  };
}

/** Rows that were asked for behind the row `behind`; refused when the end has moved meanwhile. */
export function addOlder(buffer: CallBuffer, { data, page }: Page, behind: string): CallBuffer {
  if (buffer.rows.at(-1)?.id !== behind) return buffer;
  return {
    ...buffer,
    rows: append(buffer.rows, data),
    older: page.older ?? null,
    hasOlder: page.has_older,
  };
}

/**
 * Takes calls out of the live tail. Known ones change in their place. New ones go on top when
 * the reader is there (`isAtTop`), and wait otherwise, so that nothing moves under the eye.
 */
export function takeLive(buffer: CallBuffer, calls: ToolCall[], isAtTop: boolean): CallBuffer {
  const known = new Set(buffer.rows.map(({ id }) => id));
  const changed = calls.filter(({ id }) => known.has(id));
  const fresh = calls.filter((call) => !known.has(call.id) && !isBehind(buffer, call));
  const waiting = new Set(buffer.pending.map(({ id }) => id));
  const added = new Set(fresh.filter(({ id }) => !waiting.has(id)).map(({ id }) => id)).size;
  const taken: CallBuffer = {
    ...buffer,
    rows: changed.length > 0 ? merge(buffer.rows, changed) : buffer.rows,
    pending: merge(buffer.pending, fresh).slice(0, MOST_ROWS),
    pendingCount: buffer.pendingCount + added,
  };
  return isAtTop ? showPending(taken) : taken;
}

/** Puts the waiting calls on top, and lets go of the oldest rows when there are too many. */
export function showPending(buffer: CallBuffer): CallBuffer {
  if (buffer.pendingCount === 0) return buffer;
  // Where not all could wait there is a gap below them, and the older rows are read again.
  const isWhole = buffer.pendingCount === buffer.pending.length;
  const rows = isWhole ? merge(buffer.rows, buffer.pending) : buffer.pending;
  const isCut = !isWhole || rows.length > MOST_ROWS;
  return {
    ...buffer,
    rows: rows.slice(0, MOST_ROWS),
    pending: [],
    pendingCount: 0,
    older: isCut ? null : buffer.older,
    hasOlder: isCut || buffer.hasOlder,
  };
}

/** Takes a newest page that was read after a break; without common rows, what stood is let go. */
export function catchUp(buffer: CallBuffer, page: Page, isAtTop: boolean): CallBuffer {
  const known = new Set(buffer.rows.map(({ id }) => id));
  const meets = !page.page.has_older || page.data.some(({ id }) => known.has(id));
  if (meets) return takeLive(buffer, page.data, isAtTop);
  const taken = takeLive(buffer, page.data, false);
  const torn = { ...taken, pendingCount: Math.max(taken.pendingCount, taken.pending.length + 1) };
  return isAtTop ? showPending(torn) : torn;
}

/** Both lists as one, newest first, each call once and as far as it is known. */
export function merge(one: ToolCall[], other: ToolCall[]): ToolCall[] {
  if (other.length === 0) return one;
  const latest = new Map(one.map((call) => [call.id, call]));
  const news: ToolCall[] = [];
  for (const call of other) {
    const before = latest.get(call.id);
    if (!before) news.push(call);
    if (!before || isLater(call, before)) latest.set(call.id, call);
  }
  const rows = one.map((call) => latest.get(call.id) ?? call);
  if (news.length === 0) return rows;
  const sorted = [...new Set(news.map(({ id }) => id))].map((id) => latest.get(id) as ToolCall);
  sorted.sort(newestFirst);
  const lastOfSorted = sorted.at(-1);
  const firstOfRows = rows[0];
  if (!lastOfSorted || !firstOfRows || newestFirst(lastOfSorted, firstOfRows) < 0) {
    return [...sorted, ...rows];
  }
  return [...rows, ...sorted].sort(newestFirst);
}

/** Older rows below those that stand, of which only the last ones can be among them. */
function append(rows: ToolCall[], older: ToolCall[]): ToolCall[] {
  const known = new Set(rows.slice(-older.length).map(({ id }) => id));
  return [...rows, ...older.filter(({ id }) => !known.has(id))];
}

/** A call that ended never runs again, whatever arrives late. */
function isLater(call: ToolCall, before: ToolCall): boolean {
  return call.status !== "running" || before.status === "running";
}

/** Further back than what is shown: it comes when the reader scrolls there. */
function isBehind({ rows, hasOlder }: CallBuffer, call: ToolCall): boolean {
  const last = rows.at(-1);
  return hasOlder && last !== undefined && newestFirst(call, last) > 0;
}

/** Times are RFC 3339 in UTC with six digits, so their texts sort as they do. */
function newestFirst(one: ToolCall, other: ToolCall): number {
  if (one.started_at !== other.started_at) return one.started_at > other.started_at ? -1 : 1;
  if (one.id === other.id) return 0;
  return one.id > other.id ? -1 : 1;
}
