import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import { meQuery } from "@/api/me";

export const webSessionsQuery = queryOptions({
  queryKey: ["web-sessions"],
  queryFn: async () => (await unwrap(api.GET("/api/v1/me/sessions"))).data,
});

export function useRename() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (name: string) => unwrap(api.PATCH("/api/v1/me", { body: { name } })),
    onSuccess: ({ user }) => queries.setQueryData(meQuery.queryKey, user),
  });
}

export function useChangePassword() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: { current_password: string; new_password: string }): Promise<unknown> =>
      unwrap<unknown>(api.POST("/api/v1/auth/change-password", { body })),
    // Every other session has ended.
    onSuccess: () => queries.invalidateQueries(webSessionsQuery),
  });
}

/** Ends one session, or all but this one. */
export function useEndSession() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (session: string | "others"): Promise<unknown> =>
      unwrap<unknown>(
        session === "others"
          ? api.DELETE("/api/v1/me/sessions")
          : api.DELETE("/api/v1/me/sessions/{id}", { params: { path: { id: session } } }),
      ),
    onSuccess: () => queries.invalidateQueries(webSessionsQuery),
  });
}

export function useDeleteAccount() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (password: string): Promise<unknown> =>
      unwrap<unknown>(api.DELETE("/api/v1/me", { body: { password } })),
    onSuccess: () => {
      queries.clear();
      queries.setQueryData(meQuery.queryKey, null);
    },
  });
}
