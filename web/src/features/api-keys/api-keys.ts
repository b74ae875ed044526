import { useMutation, useQueryClient } from "@tanstack/react-query";
import { apiKeysQuery } from "@/api/api-keys";
import { api, unwrap } from "@/api/client";
import type { ApiKey, UpdateApiKey } from "@/api/types";

export function useUpdateApiKey(project: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ id, body }: { id: string; body: UpdateApiKey }) =>
      unwrap(
        api.PATCH("/api/v1/projects/{project}/api-keys/{id}", {
          params: { path: { project, id } },
          body,
        }),
      ),
    onSuccess: () => queries.invalidateQueries(apiKeysQuery(project)),
  });
}

export function useRevokeApiKey(project: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ id }: ApiKey) =>
      unwrap(
        api.DELETE("/api/v1/projects/{project}/api-keys/{id}", {
          params: { path: { project, id } },
        }),
      ),
    onSuccess: () => queries.invalidateQueries(apiKeysQuery(project)),
  });
}

export type KeyState = "active" | "revoked" | "expired";

export function keyState({ revoked_at, expires_at }: ApiKey, now: number): KeyState {
  if (revoked_at) return "revoked";
  return expires_at && Date.parse(expires_at) <= now ? "expired" : "active";
}
