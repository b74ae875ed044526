import { useMutation } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import type { CallToolResult } from "@/api/types";
import { type Json, parseJson, printJson } from "@/lib/json";

export interface Tool {
  project: string;
  /** Name or id of its server. */
  server: string;
  /** As its server knows it. */
  name: string;
}

/** Calls a tool as the reader; the call is recorded like every other. */
export function useRunTool({ project, server, name }: Tool) {
  return useMutation({
    mutationFn: async (given: Record<string, Json>) => {
      const text = await unwrap(
        api.POST("/api/v1/projects/{project}/servers/{server}/tools/{tool}/call", {
          params: { path: { project, server, tool: name } },
          body: {},
          // Numbers leave as they were typed.
          bodySerializer: () => printJson({ arguments: given }),
          parseAs: "text",
        }),
      );
      return parseJson(text) as CallToolResult;
    },
  });
}
