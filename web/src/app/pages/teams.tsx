import { getRouteApi } from "@tanstack/react-router";
import { TeamPage } from "@/features/teams/team-page";
import { TeamsPage } from "@/features/teams/teams-page";

const list = getRouteApi("/inside/teams");
const one = getRouteApi("/inside/teams/$team");

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
