import { getRouteApi } from "@tanstack/react-router";
import { readLevel, ServerLogsPage } from "@/features/server-logs/server-logs-page";

const route = getRouteApi("/inside/projects/$project/server-logs");

export function ServerLogs() {
  const { project } = route.useParams();
  const { server, level } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <ServerLogsPage
      key={project}
      project={project}
      server={server}
      level={readLevel(level)}
      onFilter={(search) => void navigate({ search, replace: true })}
    />
  );
}
