import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import { everyPage } from "@/api/every-page";

const KEY = ["projects"];

export const projectsQuery = queryOptions({
  queryKey: KEY,
  queryFn: () =>
    everyPage((cursor) =>
      unwrap(api.GET("/api/v1/projects", { params: { query: { limit: 500, ...cursor } } })),
    ),
});

export interface NewProject {
  name: string;
  description: string;
  slug?: string;
}

export function useCreateProject() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: NewProject) => unwrap(api.POST("/api/v1/projects", { body })),
    onSuccess: () => queries.invalidateQueries({ queryKey: KEY }),
  });
}
