import { getRouteApi } from "@tanstack/react-router";
import { useMemo } from "react";
import { readActivityFilter } from "@/features/activity/activities";
import { TeamActivityPage } from "@/features/teams/team-activity-page";
import { TeamPage } from "@/features/teams/team-page";
import { TeamSettingsPage } from "@/features/teams/team-settings-page";
import { TeamsPage } from "@/features/teams/teams-page";

const list = getRouteApi("/inside/teams");
const one = getRouteApi("/inside/teams/$team");
const activity = getRouteApi("/inside/teams/$team/activity");
const settings = getRouteApi("/inside/teams/$team/settings");

export function Teams() {
  const { new: isNew } = list.useSearch();
  return <TeamsPage key={isNew} isCreating={isNew !== undefined} />;
}

export function OneTeam() {
  const { team } = one.useParams();
  const navigate = one.useNavigate();
  return (
    <TeamPage key={team} slug={team} onLeft={() => void navigate({ to: "/teams", search: {} })} />
  );
}

export function TeamActivity() {
  const { team } = activity.useParams();
  const given = activity.useSearch();
  const filter = useMemo(() => readActivityFilter(given), [given]);
  const navigate = activity.useNavigate();
  return (
    <TeamActivityPage
      key={team}
      slug={team}
      filter={filter}
      onFilter={(search) => void navigate({ search })}
    />
  );
}

export function TeamSettings() {
  const { team } = settings.useParams();
  const navigate = settings.useNavigate();
  return (
    <TeamSettingsPage key={team} slug={team} onDiscarded={() => void navigate({ to: "/trash" })} />
  );
}
