import { queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "./client";
import { everyPage } from "./every-page";
import type { Project } from "./types";

/** The projects that the reader is in, those that are marked before the others. */
export const projectsQuery = queryOptions({
  queryKey: ["projects"],
  queryFn: async () =>
    markedFirst(
      await everyPage((cursor) =>
        unwrap(api.GET("/api/v1/projects", { params: { query: { limit: 500, ...cursor } } })),
      ),
    ),
});

export function markedFirst(projects: readonly Project[]): Project[] {
  return projects.toSorted((a, b) => Number(b.is_favorite) - Number(a.is_favorite));
}
