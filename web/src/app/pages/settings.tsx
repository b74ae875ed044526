import { getRouteApi } from "@tanstack/react-router";
import { SettingsPage } from "@/features/settings/settings-page";

const route = getRouteApi("/inside/projects/$project/settings");

export function Settings() {
  const { project } = route.useParams();
  const navigate = route.useNavigate();
  return (
    <SettingsPage
      key={project}
      project={project}
      onDiscarded={() => void navigate({ to: "/trash" })}
    />
  );
}
