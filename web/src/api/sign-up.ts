import { queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "./client";

/** Who may make an account now. */
export const signUpQuery = queryOptions({
  queryKey: ["sign-up"],
  queryFn: () => unwrap(api.GET("/api/v1/auth/sign-up")),
});
