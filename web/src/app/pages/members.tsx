import { getRouteApi } from "@tanstack/react-router";
import { MembersPage } from "@/features/members/members-page";

const route = getRouteApi("/inside/projects/$project/members");

export function Members() {
  const { project } = route.useParams();
  const navigate = route.useNavigate();
  return (
    <MembersPage
      key={project}
      project={project}
      onLeft={() => void navigate({ to: "/projects", search: {} })}
    />
  );
}
