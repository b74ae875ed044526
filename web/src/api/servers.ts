import { queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "./client";
import { everyPage } from "./every-page";

/** The servers of a project; two features show them. */
export function serversQuery(project: string) {
  return queryOptions({
    queryKey: ["servers", project],
    queryFn: () =>
      everyPage((cursor) =>
        unwrap(
          api.GET("/api/v1/projects/{project}/servers", {
            params: { path: { project }, query: { limit: 500, ...cursor } },
          }),
        ),
      ),
  });
}
