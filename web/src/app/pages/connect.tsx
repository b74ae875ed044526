import { getRouteApi } from "@tanstack/react-router";
import { ConnectPage } from "@/features/connect/connect-page";

const route = getRouteApi("/inside/projects/$project/connect");

export function Connect() {
  const { project } = route.useParams();
  const { client } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <ConnectPage
      project={project}
      client={client}
      onClient={(next) => void navigate({ search: { client: next }, replace: true })}
    />
  );
}
