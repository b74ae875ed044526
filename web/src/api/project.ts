import { queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "./client";

/** One project, with the address that MCP clients are given. */
export function projectQuery(project: string) {
  return queryOptions({
    queryKey: ["project", project],
    queryFn: () => unwrap(api.GET("/api/v1/projects/{project}", { params: { path: { project } } })),
  });
}
