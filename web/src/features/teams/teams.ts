import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import { teamsQuery } from "@/api/teams";

export function teamQuery(team: string) {
  return queryOptions({
    queryKey: ["team", team],
    queryFn: () => unwrap(api.GET("/api/v1/teams/{team}", { params: { path: { team } } })),
  });
}

export function teamProjectsQuery(team: string) {
  return queryOptions({
    queryKey: ["team-projects", team],
    queryFn: async () =>
      (await unwrap(api.GET("/api/v1/teams/{team}/projects", { params: { path: { team } } }))).data,
  });
}

export function useCreateTeam() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: { name: string; slug?: string }) =>
      unwrap(api.POST("/api/v1/teams", { body })),
    onSuccess: () => queries.invalidateQueries(teamsQuery),
  });
}

export function useRenameTeam(team: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (name: string) =>
      unwrap(api.PATCH("/api/v1/teams/{team}", { params: { path: { team } }, body: { name } })),
    onSuccess: (changed) => {
      queries.setQueryData(teamQuery(team).queryKey, changed);
      return queries.invalidateQueries(teamsQuery);
    },
  });
}
