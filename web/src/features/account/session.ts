import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import { Problem } from "@/api/problem";
import type { User } from "@/api/types";

const KEY = ["me"];

/** Who is signed in; null where nobody is. */
export const meQuery = queryOptions({
  queryKey: KEY,
  queryFn: async (): Promise<User | null> => {
    try {
      return (await unwrap(api.GET("/api/v1/me"))).user;
    } catch (error) {
      if (error instanceof Problem && error.status === 401) return null;
      throw error;
    }
  },
  staleTime: 60_000,
});

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
      queries.setQueryData(KEY, user);
    },
  });
}

export function useSignIn() {
  return useEntry((body: Credentials) => unwrap(api.POST("/api/v1/auth/sign-in", { body })));
}

export function useSignUp() {
  return useEntry((body: Credentials & { name: string }) =>
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
      queries.setQueryData(KEY, null);
    },
  });
}
