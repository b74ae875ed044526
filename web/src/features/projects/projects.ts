import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import { projectsQuery } from "@/api/projects";

export interface NewProject {
  name: string;
  description: string;
  slug?: string;
}

export function useCreateProject() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: NewProject) => unwrap(api.POST("/api/v1/projects", { body })),
    onSuccess: () => queries.invalidateQueries(projectsQuery),
  });
}
