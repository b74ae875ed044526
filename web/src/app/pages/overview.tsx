import { getRouteApi } from "@tanstack/react-router";
import { OverviewPage } from "@/features/overview/overview-page";

const route = getRouteApi("/inside/projects/$project/");

export function Overview() {
  const { project } = route.useParams();
  return <OverviewPage key={project} project={project} />;
}
