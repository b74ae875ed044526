import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "./client";
import { everyPage } from "./every-page";
import type { CreateApiKey } from "./types";

/** The keys of a project; two features show them. */
export function apiKeysQuery(project: string) {
  return queryOptions({
    queryKey: ["api-keys", project],
    queryFn: () =>
      everyPage((cursor) =>
        unwrap(
          api.GET("/api/v1/projects/{project}/api-keys", {
            params: { path: { project }, query: { limit: 500, ...cursor } },
          }),
        ),
      ),
  });
}

/** Makes a key; two features do. */
export function useCreateApiKey(project: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: CreateApiKey) =>
      unwrap(
        api.POST("/api/v1/projects/{project}/api-keys", { params: { path: { project } }, body }),
      ),
    onSuccess: () => queries.invalidateQueries(apiKeysQuery(project)),
    // The secret stays in no cache.
    gcTime: 0,
  });
}
