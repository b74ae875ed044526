import { getRouteApi } from "@tanstack/react-router";
import { SessionPage } from "@/features/sessions/session-page";
import { SessionsPage } from "@/features/sessions/sessions-page";

const list = getRouteApi("/inside/projects/$project/sessions");
const one = getRouteApi("/inside/projects/$project/sessions/$session");

export function Sessions() {
  const { project } = list.useParams();
  return <SessionsPage key={project} project={project} />;
}

export function OneSession() {
  const { project, session } = one.useParams();
  return <SessionPage key={`${project} ${session}`} project={project} id={session} />;
}
