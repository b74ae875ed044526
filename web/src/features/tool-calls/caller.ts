import { useQuery } from "@tanstack/react-query";
import { apiKeysQuery } from "@/api/api-keys";
import type { ToolCall } from "@/api/types";

/** Who called, in words: the name of the API key, or what of an id a person can compare. */
export function useCaller(project: string, principal: ToolCall["principal"]): string {
  const keys = useQuery({ ...apiKeysQuery(project), enabled: Boolean(principal.api_key_id) });
  const key = keys.data?.find(({ id }) => id === principal.api_key_id);
  if (key) return `${key.name} (${key.prefix}…)`;
  return principal.api_key_id ?? principal.user_id ?? "";
}
