import { useQuery } from "@tanstack/react-query";
import { facetsQuery } from "@/api/figures";
import type { FieldName } from "@/lib/query/fields";
import type { KnownValues } from "./completion";
import { type CallFilter, toParams } from "./search";

/** What the log service calls the fields that it counts by. */
const FACETS: Partial<Record<FieldName, string>> = {
  status: "status",
  kind: "error_kind",
  tool: "tool",
  server: "server",
  client: "client",
  session: "session",
};

/** The values that the fields of the calls in a range have, with their counts. */
export function useKnownValues(project: string, filter: CallFilter): KnownValues {
  const facets = useQuery(facetsQuery(project, toParams(filter))).data?.facets;
  return (field) => facets?.[FACETS[field] ?? ""]?.values ?? [];
}
