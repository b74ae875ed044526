import { queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "./client";

/** The teams that the reader is in; two features show them. */
export const teamsQuery = queryOptions({
  queryKey: ["teams"],
  queryFn: async () => (await unwrap(api.GET("/api/v1/teams"))).data,
});
