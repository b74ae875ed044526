import { useQuery } from "@tanstack/react-query";
import { settingsQuery } from "@/features/settings/settings";
import { type CallFilter, spanOf } from "./search";

const DAY_MS = 86_400_000;

/** For how many days calls are kept, where a range begins before that. */
export function useDaysKept(project: string, filter: CallFilter): number | undefined {
  const now = Date.now();
  const { from } = spanOf(filter, now);
  const settings = useQuery({
    ...settingsQuery(project),
    // The shortest retention is a day.
    enabled: from < now - DAY_MS,
  });
  const days = settings.data?.settings.retention.tool_calls_days;
  return days !== undefined && from < now - days * DAY_MS ? days : undefined;
}
