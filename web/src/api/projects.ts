import { queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "./client";
import { everyPage } from "./every-page";

/** The projects that the reader is in. */
export const projectsQuery = queryOptions({
  queryKey: ["projects"],
  queryFn: () =>
    everyPage((cursor) =>
      unwrap(api.GET("/api/v1/projects", { params: { query: { limit: 500, ...cursor } } })),
    ),
});
