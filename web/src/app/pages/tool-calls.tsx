import { getRouteApi } from "@tanstack/react-router";
import { useMemo } from "react";
import { readSearch } from "@/features/tool-calls/filter";
import { ToolCallsPage } from "@/features/tool-calls/tool-calls-page";

const route = getRouteApi("/inside/projects/$project/tool-calls");

export function ToolCalls() {
  const { project } = route.useParams();
  const given = route.useSearch();
  const search = useMemo(() => readSearch(given), [given]);
  const navigate = route.useNavigate();
  return (
    <ToolCallsPage
      key={project}
      project={project}
      search={search}
      onSearch={(next, options) =>
        void navigate({ search: next, replace: options?.replace ?? false })
      }
    />
  );
}
