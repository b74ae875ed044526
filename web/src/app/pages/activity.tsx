import { getRouteApi } from "@tanstack/react-router";
import { useMemo } from "react";
import { readActivityFilter } from "@/features/activity/activities";
import { ActivityPage } from "@/features/activity/activity-page";

const route = getRouteApi("/inside/projects/$project/activity");

export function Activity() {
  const { project } = route.useParams();
  const given = route.useSearch();
  const filter = useMemo(() => readActivityFilter(given), [given]);
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
