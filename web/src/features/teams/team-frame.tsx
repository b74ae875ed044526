import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Team } from "@/api/types";
import { Page, TAB, Tabs } from "@/ui/page";
import { ProblemView, SkeletonRows } from "@/ui/states";
import { teamQuery } from "./teams";

interface Props {
  slug: string;
  actions?: ReactNode;
  children: (team: Team) => ReactNode;
}

/** What the pages of a team have in common. */
export function TeamFrame({ slug, actions, children }: Props) {
  const { t } = useTranslation();
  const team = useQuery(teamQuery(slug));
  const params = { team: slug };
  const exact = { exact: true, includeSearch: false };
  return (
    <Page
      title={team.data?.name ?? t("teams.one")}
      actions={actions}
      tabs={
        <Tabs label={t("teams.one")}>
          <Link to="/teams/$team" params={params} activeOptions={exact} className={TAB}>
            {t("members.title")}
          </Link>
          <Link to="/teams/$team/activity" params={params} className={TAB}>
            {t("activity.title")}
          </Link>
          {team.data?.role === "owner" && (
            <Link to="/teams/$team/settings" params={params} className={TAB}>
              {t("teams.settings")}
            </Link>
          )}
        </Tabs>
      }
    >
      {team.isPending && <SkeletonRows count={5} height={44} />}
      {team.isError && !team.data && (
        <ProblemView error={team.error} onRetry={() => void team.refetch()} />
      )}
      {team.data && children(team.data)}
    </Page>
  );
}
