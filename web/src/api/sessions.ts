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
