import { getRouteApi } from "@tanstack/react-router";
import { ProjectsPage } from "@/features/projects/projects-page";

const route = getRouteApi("/inside/projects");

export function Projects() {
  const { new: isNew } = route.useSearch();
  return <ProjectsPage key={isNew} isCreating={isNew !== undefined} />;
}
