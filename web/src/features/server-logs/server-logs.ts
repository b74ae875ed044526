import { api, unwrap } from "@/api/client";
import { useNewestFirst } from "@/api/newest-first";
import type { ServerLog } from "@/api/types";

const PAGE_ROWS = 200;
const REFRESH_MS = 2_000;

/** What the servers of a project write, or one of them; anew every two seconds. */
export function useServerLogs(project: string, server: string | undefined) {
  return useNewestFirst<ServerLog>({
    queryKey: ["server-logs", project, server ?? null],
    load: (cursor) =>
      unwrap(
        api.GET("/api/v1/projects/{project}/server-logs", {
          params: {
            path: { project },
            query: { limit: PAGE_ROWS, ...(server ? { server } : {}), ...cursor },
          },
        }),
      ),
    everyMs: REFRESH_MS,
  });
}
