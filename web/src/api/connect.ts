import { queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "./client";

/** How each client program is told of a project; it changes with the deployment alone. */
export function connectQuery(project: string) {
  return queryOptions({
    queryKey: ["connect", project],
    queryFn: async () =>
      (
        await unwrap(
          api.GET("/api/v1/projects/{project}/connect", { params: { path: { project } } }),
        )
      ).data,
    staleTime: Number.POSITIVE_INFINITY,
  });
}
