import { getRouteApi } from "@tanstack/react-router";
import { ActivityPage } from "@/features/activity/activity-page";

const route = getRouteApi("/inside/projects/$project/activity");

export function Activity() {
  const { project } = route.useParams();
  const filter = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <ActivityPage
      key={project}
      project={project}
      filter={filter}
      onFilter={(search) => void navigate({ search })}
    />
  );
}
