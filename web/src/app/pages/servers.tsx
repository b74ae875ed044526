import { getRouteApi } from "@tanstack/react-router";
import { ServerPage } from "@/features/servers/server-page";
import { ServersPage } from "@/features/servers/servers-page";

const list = getRouteApi("/inside/projects/$project/servers");
const one = getRouteApi("/inside/projects/$project/servers/$server");

export function Servers() {
  const { project } = list.useParams();
  return <ServersPage key={project} project={project} />;
}

export function OneServer() {
  const { project, server } = one.useParams();
  const navigate = one.useNavigate();
  return (
    <ServerPage
      key={server}
      project={project}
      name={server}
      onRenamed={(name) => void navigate({ params: { project, server: name }, replace: true })}
      onDeleted={() => void navigate({ to: "/projects/$project/servers", params: { project } })}
    />
  );
}
