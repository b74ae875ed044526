import { queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";

const REFRESH_MS = 15_000;
const ROWS = 6;

/** The newest calls that failed. */
export function failuresQuery(project: string, last: string) {
  return queryOptions({
    queryKey: ["newest-failures", project, last],
    queryFn: async () =>
      (
        await unwrap(
          api.GET("/api/v1/projects/{project}/tool-calls", {
            params: {
              path: { project },
              query: { last, status: ["error", "timeout"], limit: ROWS },
            },
          }),
        )
      ).data,
    refetchInterval: REFRESH_MS,
  });
}
