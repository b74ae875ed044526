import { queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "./client";
import { everyPage } from "./every-page";

/** The keys of a project; two features show them. */
export function apiKeysQuery(project: string) {
  return queryOptions({
    queryKey: ["api-keys", project],
    queryFn: () =>
      everyPage((cursor) =>
        unwrap(
          api.GET("/api/v1/projects/{project}/api-keys", {
            params: { path: { project }, query: { limit: 500, ...cursor } },
          }),
        ),
      ),
  });
}
