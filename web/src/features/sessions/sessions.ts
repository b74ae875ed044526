import { api, unwrap } from "@/api/client";
import { useNewestFirst } from "@/api/newest-first";
import type { ClientSession, ToolCall } from "@/api/types";

const PAGE_ROWS = 100;
const REFRESH_MS = 10_000;

export function useSessions(project: string) {
  return useNewestFirst<ClientSession>({
    queryKey: ["sessions", project],
    load: (cursor) =>
      unwrap(
        api.GET("/api/v1/projects/{project}/sessions", {
          params: { path: { project }, query: { limit: PAGE_ROWS, ...cursor } },
        }),
      ),
    everyMs: REFRESH_MS,
  });
}

/** The calls of a session; anew while it lasts. */
export function useSessionCalls(project: string, session: ClientSession) {
  return useNewestFirst<ToolCall>({
    queryKey: ["session-calls", project, session.id],
    load: (cursor) =>
      unwrap(
        api.GET("/api/v1/projects/{project}/tool-calls", {
          params: {
            path: { project },
            query: {
              session: [session.id],
              from: session.started_at,
              limit: PAGE_ROWS,
              ...cursor,
            },
          },
        }),
      ),
    everyMs: session.ended_at ? false : REFRESH_MS,
  });
}
