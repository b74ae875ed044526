import { getRouteApi } from "@tanstack/react-router";
import { useMemo } from "react";
import { readActivityFilter } from "@/features/activity/activities";
import { DeploymentActivityPage } from "@/features/administration/activity-page";
import { UsersPage } from "@/features/administration/users-page";

export { ApiKeysPage as ApiKeys } from "@/features/administration/api-keys-page";
export { ProjectsPage as Projects } from "@/features/administration/projects-page";
export { SystemPage as System } from "@/features/administration/system-page";
export { TeamsPage as Teams } from "@/features/administration/teams-page";

const users = getRouteApi("/inside/administration");
const activity = getRouteApi("/inside/administration/activity");

export function Users() {
  const { text } = users.useSearch();
  const navigate = users.useNavigate();
  return (
    <UsersPage
      text={text ?? ""}
      onText={(next) => void navigate({ search: { text: next || undefined } })}
    />
  );
}

export function Activity() {
  const given = activity.useSearch();
  const filter = useMemo(() => readActivityFilter(given), [given]);
  const navigate = activity.useNavigate();
  return (
    <DeploymentActivityPage filter={filter} onFilter={(search) => void navigate({ search })} />
  );
}
