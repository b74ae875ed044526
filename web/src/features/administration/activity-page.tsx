import { useTranslation } from "react-i18next";
import type { ActivityFilter } from "@/features/activity/activities";
import { ActivityFeed } from "@/features/activity/activity-feed";
import { AdministrationFrame } from "./frame";

interface Props {
  filter: ActivityFilter;
  onFilter: (filter: ActivityFilter) => void;
}

/** What people did in the whole deployment. */
export function DeploymentActivityPage({ filter, onFilter }: Props) {
  const { t } = useTranslation();
  return (
    <AdministrationFrame>
      <p className="text-muted">{t("activity.textDeployment")}</p>
      <ActivityFeed feed="deployment" filter={filter} people={[]} onFilter={onFilter} />
    </AdministrationFrame>
  );
}
