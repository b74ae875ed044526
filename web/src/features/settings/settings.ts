import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import type { Settings, UpdateSettings } from "@/api/types";

/** Settings, and which version of them. */
interface Versioned {
  settings: Settings;
  tag: string | null;
}

export function settingsQuery(project: string) {
  return queryOptions({
    queryKey: ["settings", project],
    queryFn: () =>
      versioned(api.GET("/api/v1/projects/{project}/settings", { params: { path: { project } } })),
  });
}

/** Changes what the body names, unless somebody else changed the settings since they were read. */
export function useUpdateSettings(project: string) {
  const queries = useQueryClient();
  const query = settingsQuery(project);
  return useMutation({
    mutationFn: (body: UpdateSettings) => {
      const tag = queries.getQueryData(query.queryKey)?.tag;
      return versioned(
        api.PATCH("/api/v1/projects/{project}/settings", {
          params: { path: { project }, ...(tag ? { header: { "If-Match": tag } } : {}) },
          body,
        }),
      );
    },
    onSuccess: (changed) => queries.setQueryData(query.queryKey, changed),
  });
}

async function versioned(
  answer: Promise<{ data?: Settings; error?: unknown; response: Response }>,
): Promise<Versioned> {
  const settings = await unwrap(answer);
  return { settings, tag: (await answer).response.headers.get("etag") };
}
