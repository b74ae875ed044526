import { keepPreviousData, type QueryClient, queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "./client";

/** Which calls are counted: a query over a range. */
export interface CallParams {
  q?: string;
  last?: string;
  from?: string;
  to?: string;
}

const KEY = "call-figures";
/** How often figures are read anew while nobody hears of calls. */
const REFRESH_MS = 10_000;

/**
 * What is shown stays until the next figures are there, so that nothing jumps. Each page that opens
 * reads them anew: figures of different moments must not stand side by side.
 */
const CALM = { placeholderData: keepPreviousData, refetchInterval: REFRESH_MS, staleTime: 0 };

/** Has the figures of a project read again, because calls came; done when they are there. */
export function forgetFigures(queries: QueryClient, project: string): Promise<void> {
  return queries.invalidateQueries({ queryKey: [KEY, project] });
}

export function summaryQuery(project: string, query: CallParams) {
  return queryOptions({
    queryKey: [KEY, project, "summary", query],
    queryFn: () =>
      unwrap(
        api.GET("/api/v1/projects/{project}/tool-calls/summary", {
          params: { path: { project }, query },
        }),
      ),
    ...CALM,
  });
}

export function histogramQuery(project: string, query: CallParams) {
  return queryOptions({
    queryKey: [KEY, project, "histogram", query],
    queryFn: () =>
      unwrap(
        api.GET("/api/v1/projects/{project}/tool-calls/histogram", {
          params: { path: { project }, query },
        }),
      ),
    ...CALM,
  });
}

export function facetsQuery(project: string, query: CallParams) {
  return queryOptions({
    queryKey: [KEY, project, "facets", query],
    queryFn: () =>
      unwrap(
        api.GET("/api/v1/projects/{project}/tool-calls/facets", {
          params: { path: { project }, query },
        }),
      ),
    ...CALM,
  });
}

export function timeSeriesQuery(project: string, query: CallParams) {
  return queryOptions({
    queryKey: [KEY, project, "timeseries", query],
    queryFn: () =>
      unwrap(
        api.GET("/api/v1/projects/{project}/tool-calls/timeseries", {
          params: { path: { project }, query },
        }),
      ),
    ...CALM,
  });
}

export interface Breakdown {
  by: "tool" | "server" | "client" | "error_kind" | "error_message";
  order?: "calls" | "failed" | "p95_duration_us";
  limit?: number;
}

export function breakdownQuery(project: string, query: CallParams, breakdown: Breakdown) {
  return queryOptions({
    queryKey: [KEY, project, "breakdown", query, breakdown],
    queryFn: () =>
      unwrap(
        api.GET("/api/v1/projects/{project}/tool-calls/breakdown", {
          params: { path: { project }, query: { ...query, ...breakdown } },
        }),
      ),
    ...CALM,
  });
}
