import { useQuery } from "@tanstack/react-query";
import { api, unwrap } from "./client";

/** As far back as calls are kept, and further. */
const EVER = "3650d";

/** Whether the project has any call at all; undefined while nobody knows. */
export function useHasCalls(project: string): boolean | undefined {
  const { data } = useQuery({
    queryKey: ["has-tool-calls", project],
    queryFn: () =>
      unwrap(
        api.GET("/api/v1/projects/{project}/tool-calls", {
          params: { path: { project }, query: { last: EVER, limit: 1 } },
        }),
      ),
  });
  return data && data.data.length > 0;
}
