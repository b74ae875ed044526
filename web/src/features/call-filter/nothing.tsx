import type { ReactNode } from "react";
import { useHasCalls } from "@/api/has-calls";
import { NoCallsYet } from "@/features/connect/no-calls-yet";
import { NoMatch } from "./no-match";
import type { CallFilter } from "./search";

interface Props<T extends CallFilter> {
  project: string;
  search: T;
  onSearch: (search: T) => void;
  /** Shown until it is known why there is nothing. */
  loading: ReactNode;
}

/** Says why nothing is shown: nobody ever called, or the filter leaves nothing. */
export function Nothing<T extends CallFilter>({ project, search, onSearch, loading }: Props<T>) {
  const hasCalls = useHasCalls(project);
  const isNarrowed = search.q !== undefined || search.from !== undefined;
  if (hasCalls === undefined && !isNarrowed) return loading;
  return (
    <div className="min-h-0 flex-1 overflow-y-auto">
      {hasCalls || isNarrowed ? (
        <NoMatch project={project} search={search} onChange={onSearch} />
      ) : (
        <NoCallsYet project={project} />
      )}
    </div>
  );
}
