import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import type { ToolCall } from "@/api/types";
import { type CallFilter, toParams } from "@/features/call-filter/search";
import { parseJson } from "@/lib/json";
import { addOlder, type CallBuffer, firstPage } from "./buffer";

const PAGE_ROWS = 100;
/** Who scrolls back fast passes a hundred rows in a few frames. */
const OLDER_ROWS = 500;
const EPOCH = "1970-01-01T00:00:00Z";

interface Cursor {
  cursor?: string;
  from?: string;
  to?: string;
  last?: never;
  limit?: number;
}

export function listCalls(project: string, filter: CallFilter, cursor: Cursor = {}) {
  const { last, ...rest } = toParams(filter);
  const range = cursor.from ? {} : last ? { last } : {};
  const query = { limit: PAGE_ROWS, ...rest, ...range, ...cursor };
  return unwrap(
    api.GET("/api/v1/projects/{project}/tool-calls", { params: { path: { project }, query } }),
  );
}

/**
 * The list of one filter. Its first page is read once; after that the live tail and the reader's
 * scrolling change it, so it never reads itself again.
 */
export function callsQuery(project: string, filter: CallFilter) {
  return queryOptions({
    queryKey: ["tool-calls", project, filter],
    queryFn: async (): Promise<CallBuffer> => firstPage(await listCalls(project, filter)),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
    // Calls that are known keep their objects as they are; comparing all of them takes long.
    structuralSharing: false,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
}

export function useOlderCalls(project: string, filter: CallFilter) {
  const queries = useQueryClient();
  const { queryKey } = callsQuery(project, filter);
  return useMutation({
    mutationFn: async () => {
      const buffer = queries.getQueryData(queryKey);
      const last = buffer?.rows.at(-1);
      if (!buffer?.hasOlder || !last) return;
      const older = { ...olderCursor(buffer, last), limit: OLDER_ROWS };
      const page = await listCalls(project, filter, older);
      queries.setQueryData(queryKey, (now) => now && addOlder(now, page, last.id));
    },
  });
}

/** Behind the last row: by its cursor, or, where rows were cut, by its time. */
function olderCursor(buffer: CallBuffer, last: ToolCall): Cursor {
  const from = buffer.from ? { from: buffer.from } : {};
  if (buffer.older) return { ...from, cursor: buffer.older };
  return { ...from, to: justAfter(last.started_at) };
}

/** One microsecond later, since an end is not part of its range; what comes twice is taken once. */
export function justAfter(at: string): string {
  const match = /^(.*\.)(\d{6})Z$/.exec(at);
  if (!match) return new Date(Date.parse(at) + 1).toISOString();
  const micros = Number(match[2]) + 1;
  if (micros < 1_000_000) return `${match[1]}${String(micros).padStart(6, "0")}Z`;
  return new Date(Date.parse(at) + 1).toISOString();
}

export function callQuery(project: string, id: string) {
  return queryOptions({
    queryKey: ["tool-call", project, id],
    queryFn: () => getCall(project, id),
    // A call that ended never changes.
    staleTime: ({ state }) => (state.data?.status === "running" ? 0 : Number.POSITIVE_INFINITY),
  });
}

/** One call, the numbers in its payloads as they were written. */
export async function getCall(project: string, id: string): Promise<ToolCall> {
  const text = await unwrap(
    api.GET("/api/v1/projects/{project}/tool-calls/{id}", {
      params: { path: { project, id } },
      parseAs: "text",
    }),
  );
  return parseJson(text) as ToolCall;
}

const NEIGHBOURS_EACH_WAY = 10;

/** What the session of a call called around it, newest first. */
export function neighboursQuery(project: string, call: ToolCall) {
  const session = call.session_id ?? "";
  const list = (query: { sort: "newest" | "oldest"; from?: string; to?: string }) =>
    unwrap(
      api.GET("/api/v1/projects/{project}/tool-calls", {
        params: {
          path: { project },
          query: { session: [session], limit: NEIGHBOURS_EACH_WAY, ...query },
        },
      }),
    );
  return queryOptions({
    queryKey: ["neighbours", project, call.id],
    queryFn: async () => {
      const [before, after] = await Promise.all([
        list({ sort: "newest", from: EPOCH, to: justAfter(call.started_at) }),
        list({ sort: "oldest", from: call.started_at }),
      ]);
      const later = after.data.filter(({ id }) => !before.data.some((one) => one.id === id));
      return [...later.reverse(), ...before.data];
    },
  });
}
