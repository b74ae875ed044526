import { getRouteApi } from "@tanstack/react-router";
import { ToolCallsPage } from "@/features/tool-calls/tool-calls-page";

const route = getRouteApi("/inside/projects/$project/tool-calls");

export function ToolCalls() {
  const { project } = route.useParams();
  const search = route.useSearch();
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
