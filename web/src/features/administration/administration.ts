import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import { useNewestFirst } from "@/api/newest-first";
import type { AnyApiKey, AnyProject, AnyTeam, User } from "@/api/types";

const KEY = "administration";
const PAGE_ROWS = 100;

/** That an administrator looked is written down: nothing is read again by itself. */
const CALM = { everyMs: false } as const;

export function useUsers(text: string) {
  return useNewestFirst<User>({
    queryKey: [KEY, "users", text],
    load: (cursor) =>
      unwrap(
        api.GET("/api/v1/admin/users", {
          params: { query: { limit: PAGE_ROWS, ...(text ? { text } : {}), ...cursor } },
        }),
      ),
    ...CALM,
  });
}

export function useTeams() {
  return useNewestFirst<AnyTeam>({
    queryKey: [KEY, "teams"],
    load: (cursor) =>
      unwrap(
        api.GET("/api/v1/admin/teams", { params: { query: { limit: PAGE_ROWS, ...cursor } } }),
      ),
    ...CALM,
  });
}

export function useProjects() {
  return useNewestFirst<AnyProject>({
    queryKey: [KEY, "projects"],
    load: (cursor) =>
      unwrap(
        api.GET("/api/v1/admin/projects", { params: { query: { limit: PAGE_ROWS, ...cursor } } }),
      ),
    ...CALM,
  });
}

export function useApiKeys() {
  return useNewestFirst<AnyApiKey>({
    queryKey: [KEY, "api-keys"],
    load: (cursor) =>
      unwrap(
        api.GET("/api/v1/admin/api-keys", { params: { query: { limit: PAGE_ROWS, ...cursor } } }),
      ),
    ...CALM,
  });
}

export const systemQuery = queryOptions({
  queryKey: [KEY, "system"],
  queryFn: () => unwrap(api.GET("/api/v1/admin/system")),
});

/** What an administrator may change of an account. */
export interface UserChange {
  user: User;
  body: { is_active: boolean } | { is_admin: boolean };
}

export function useChangeUser() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ user, body }: UserChange) =>
      unwrap(
        api.PATCH("/api/v1/admin/users/{user}", { params: { path: { user: user.id } }, body }),
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: [KEY, "users"] }),
  });
}

export function useRevokeAnyApiKey() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ id }: AnyApiKey) =>
      unwrap(api.DELETE("/api/v1/admin/api-keys/{id}", { params: { path: { id } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: [KEY, "api-keys"] }),
  });
}
