import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import { projectQuery } from "@/api/project";
import { projectsQuery } from "@/api/projects";
import type { UpdateProject } from "@/api/types";

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

export function useUpdateProject(project: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: UpdateProject) =>
      unwrap(api.PATCH("/api/v1/projects/{project}", { params: { path: { project } }, body })),
    onSuccess: (changed) => {
      queries.setQueryData(projectQuery(project).queryKey, changed);
      return queries.invalidateQueries(projectsQuery);
    },
  });
}

/** Marks a project as one that the reader comes back to, or no longer. */
export function useMarkProject(project: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (isFavorite: boolean) => {
      const where = { params: { path: { project } } };
      const favorite = "/api/v1/projects/{project}/favorite";
      return unwrap<unknown>(isFavorite ? api.PUT(favorite, where) : api.DELETE(favorite, where));
    },
    onSuccess: () =>
      Promise.all([
        queries.invalidateQueries(projectsQuery),
        queries.invalidateQueries(projectQuery(project)),
      ]),
  });
}
