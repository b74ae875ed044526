import { getRouteApi } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { isReadable, UnreadableFilter } from "@/features/call-filter/unreadable";
import { type CallsSearch, readSearch } from "@/features/tool-calls/filter";
import { ToolCallsPage } from "@/features/tool-calls/tool-calls-page";

const route = getRouteApi("/inside/projects/$project/tool-calls");

export function ToolCalls() {
  const { t } = useTranslation();
  const { project } = route.useParams();
  const given = route.useSearch();
  const search = useMemo(() => readSearch(given), [given]);
  const navigate = route.useNavigate();
  const onSearch = useCallback(
    (next: CallsSearch, options?: { replace: boolean }) =>
      void navigate({ search: next, replace: options?.replace ?? false }),
    [navigate],
  );
  if (!isReadable(search)) {
    return <UnreadableFilter title={t("toolCalls.title")} search={search} onSearch={onSearch} />;
  }
  return <ToolCallsPage key={project} project={project} search={search} onSearch={onSearch} />;
}
