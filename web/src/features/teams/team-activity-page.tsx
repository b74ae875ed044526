import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { ActivityFilter } from "@/features/activity/activities";
import { ActivityFeed } from "@/features/activity/activity-feed";
import { membersQuery } from "@/features/members/place";
import { TeamFrame } from "./team-frame";

interface Props {
  slug: string;
  filter: ActivityFilter;
  onFilter: (filter: ActivityFilter) => void;
}

/** What people did in a team. */
export function TeamActivityPage({ slug, filter, onFilter }: Props) {
  const { t } = useTranslation();
  const members = useQuery(membersQuery({ team: slug })).data ?? [];
  return (
    <TeamFrame slug={slug}>
      {() => (
        <>
          <p className="text-muted">{t("activity.textTeam")}</p>
          <ActivityFeed
            feed={{ team: slug }}
            filter={filter}
            people={members.map(({ user_id: id, name }) => ({ id, name }))}
            onFilter={onFilter}
          />
        </>
      )}
    </TeamFrame>
  );
}
