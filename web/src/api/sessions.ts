import { queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "./client";

const REFRESH_MS = 10_000;

/** One session; anew while it lasts. Two features show it. */
export function sessionQuery(project: string, id: string) {
  return queryOptions({
    queryKey: ["session", project, id],
    queryFn: () =>
      unwrap(
        api.GET("/api/v1/projects/{project}/sessions/{id}", { params: { path: { project, id } } }),
      ),
    refetchInterval: ({ state }) => (state.data?.ended_at ? false : REFRESH_MS),
  });
}

const NEWEST_ROWS = 6;

/** The newest client sessions; two features show them. */
export function newestSessionsQuery(project: string) {
  return queryOptions({
    queryKey: ["newest-sessions", project],
    queryFn: async () =>
      (
        await unwrap(
          api.GET("/api/v1/projects/{project}/sessions", {
            params: { path: { project }, query: { limit: NEWEST_ROWS } },
          }),
        )
      ).data,
    refetchInterval: REFRESH_MS,
  });
}
