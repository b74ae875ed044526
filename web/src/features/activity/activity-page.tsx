import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { membersQuery } from "@/features/members/place";
import { Page } from "@/ui/page";
import type { ActivityFilter } from "./activities";
import { ActivityFeed } from "./activity-feed";

interface Props {
  project: string;
  filter: ActivityFilter;
  onFilter: (filter: ActivityFilter) => void;
}

/** What people did in a project. */
export function ActivityPage({ project, filter, onFilter }: Props) {
  const { t } = useTranslation();
  const members = useQuery(membersQuery({ project })).data ?? [];
  return (
    <Page title={t("activity.title")}>
      <p className="text-muted">{t("activity.text")}</p>
      <ActivityFeed
        feed={{ project }}
        filter={filter}
        people={members.map(({ user_id: id, name }) => ({ id, name }))}
        onFilter={onFilter}
      />
    </Page>
  );
}
