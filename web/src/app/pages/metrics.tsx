import { getRouteApi } from "@tanstack/react-router";
import { useMemo } from "react";
import { readFilter } from "@/features/call-filter/search";
import { MetricsPage } from "@/features/metrics/metrics-page";

const route = getRouteApi("/inside/projects/$project/metrics");

export function Metrics() {
  const { project } = route.useParams();
  const given = route.useSearch();
  const filter = useMemo(() => readFilter(given), [given]);
  const navigate = route.useNavigate();
  return (
    <MetricsPage
      key={project}
      project={project}
      filter={filter}
      onFilter={(search) => void navigate({ search })}
    />
  );
}
