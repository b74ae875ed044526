import { getRouteApi } from "@tanstack/react-router";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { type CallFilter, readFilter } from "@/features/call-filter/search";
import { isReadable, UnreadableFilter } from "@/features/call-filter/unreadable";
import { MetricsPage } from "@/features/metrics/metrics-page";

const route = getRouteApi("/inside/projects/$project/metrics");

export function Metrics() {
  const { t } = useTranslation();
  const { project } = route.useParams();
  const given = route.useSearch();
  const filter = useMemo(() => readFilter(given), [given]);
  const navigate = route.useNavigate();
  const onFilter = (search: CallFilter) => void navigate({ search });
  if (!isReadable(filter)) {
    return <UnreadableFilter title={t("metrics.title")} search={filter} onSearch={onFilter} />;
  }
  return <MetricsPage key={project} project={project} filter={filter} onFilter={onFilter} />;
}
