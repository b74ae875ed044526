import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import { projectsQuery } from "@/api/projects";
import { teamsQuery } from "@/api/teams";
import type { Discarded } from "@/api/types";

/** What the reader threw away and can still take back. */
export const trashQuery = queryOptions({
  queryKey: ["trash"],
  queryFn: async () => (await unwrap(api.GET("/api/v1/me/trash"))).data,
});

/** What can be thrown away. */
export interface Thing {
  kind: "project" | "team";
  slug: string;
  name: string;
}

/** Throws something away, by who typed its name. */
export function useDiscard({ kind, slug }: Thing) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (name: string): Promise<Discarded> => {
      const query = { name };
      return unwrap<Discarded>(
        kind === "project"
          ? api.DELETE("/api/v1/projects/{project}", { params: { path: { project: slug }, query } })
          : api.DELETE("/api/v1/teams/{team}", { params: { path: { team: slug }, query } }),
      );
    },
    // Whatever stood in it or came by it is gone; the page that asks for it is about to go too.
    onSuccess: async () => {
      await queries.invalidateQueries({ refetchType: "none" });
      await Promise.all([
        queries.invalidateQueries(projectsQuery),
        queries.invalidateQueries(teamsQuery),
      ]);
    },
  });
}

export function useRestore() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ kind, id }: Discarded): Promise<unknown> =>
      unwrap<unknown>(
        kind === "project"
          ? api.POST("/api/v1/projects/{project}/restore", { params: { path: { project: id } } })
          : api.POST("/api/v1/teams/{team}/restore", { params: { path: { team: id } } }),
      ),
    onSuccess: () => queries.invalidateQueries(),
  });
}
