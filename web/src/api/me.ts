import { queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "./client";
import { Problem } from "./problem";
import type { User } from "./types";

/** Who is signed in; null where nobody is. */
export const meQuery = queryOptions({
  queryKey: ["me"],
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
