import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import type { SavedView } from "@/api/types";
import { type CallFilter, readFilter, toParams } from "@/features/call-filter/search";
import { parseSearch, stringifySearch } from "@/lib/search-params";

export function savedViewsQuery(project: string) {
  return queryOptions({
    queryKey: ["saved-views", project],
    queryFn: async () =>
      (
        await unwrap(
          api.GET("/api/v1/projects/{project}/saved-views", { params: { path: { project } } }),
        )
      ).data,
  });
}

export function useSaveView(project: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: { name: string; search: string }) =>
      unwrap(
        api.POST("/api/v1/projects/{project}/saved-views", {
          params: { path: { project } },
          body,
        }),
      ),
    onSuccess: () => queries.invalidateQueries(savedViewsQuery(project)),
  });
}

export function useRemoveView(project: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ id }: SavedView): Promise<unknown> =>
      unwrap<unknown>(
        api.DELETE("/api/v1/projects/{project}/saved-views/{view}", {
          params: { path: { project, view: id } },
        }),
      ),
    onSuccess: () => queries.invalidateQueries(savedViewsQuery(project)),
  });
}

/** A filter as a view keeps it: the range stands there even where it is the usual one. */
export function searchOf(filter: CallFilter): string {
  const { last, from, to, q } = toParams(filter);
  return stringifySearch({ q, last, from, to }).slice(1);
}

export function filterOfView({ search }: SavedView): CallFilter {
  return readFilter(parseSearch(search));
}
