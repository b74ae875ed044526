import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";

export function projectTeamsQuery(project: string) {
  return queryOptions({
    queryKey: ["project-teams", project],
    queryFn: async () =>
      (await unwrap(api.GET("/api/v1/projects/{project}/teams", { params: { path: { project } } })))
        .data,
  });
}

/** Gives a team a role in the project, or takes it out: by no role. */
export function useGrantTeam(project: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ team, role }: { team: string; role: string | null }): Promise<unknown> => {
      const params = { path: { project, team } };
      return role === null
        ? unwrap<unknown>(api.DELETE("/api/v1/projects/{project}/teams/{team}", { params }))
        : unwrap<unknown>(
            api.PUT("/api/v1/projects/{project}/teams/{team}", { params, body: { role } }),
          );
    },
    onSuccess: () => queries.invalidateQueries(),
  });
}
