import { QueryClient } from "@tanstack/react-query";
import { Problem } from "./problem";

const RETRIES = 2;

export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 30_000,
        // A refusal stays a refusal; only what may pass is asked again.
        retry: (failures, error) =>
          failures < RETRIES && error instanceof Problem && error.isPassing,
        retryDelay: (failures) => Math.min(500 * 2 ** failures, 5_000),
      },
    },
  });
}
