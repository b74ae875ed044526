import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import { meQuery } from "@/api/me";
import type { User } from "@/api/types";

export interface Credentials {
  email: string;
  password: string;
}

/** Signing in starts from nothing: what another person saw here is forgotten. */
function useEntry<T>(enter: (input: T) => Promise<{ user: User }>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: enter,
    onSuccess: ({ user }) => {
      queries.clear();
      queries.setQueryData(meQuery.queryKey, user);
    },
  });
}

export function useSignIn() {
  return useEntry((body: Credentials) => unwrap(api.POST("/api/v1/auth/sign-in", { body })));
}

export function useSignUp() {
  return useEntry((body: Credentials & { name: string; invitation_token?: string }) =>
    unwrap(api.POST("/api/v1/auth/sign-up", { body })),
  );
}

export function useSignInLink() {
  return useEntry((token: string) =>
    unwrap(api.POST("/api/v1/auth/sign-in-link", { body: { token } })),
  );
}

export function useSignOut() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => unwrap(api.POST("/api/v1/auth/sign-out")),
    onSuccess: () => {
      queries.clear();
      queries.setQueryData(meQuery.queryKey, null);
    },
  });
}
