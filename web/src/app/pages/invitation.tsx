import { getRouteApi } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Entry } from "@/features/account/entry";
import { InvitationPage } from "@/features/members/invitation-page";

const route = getRouteApi("/invitation");

export function Invitation() {
  const { t } = useTranslation();
  const { token } = route.useSearch();
  const navigate = route.useNavigate();
  if (!token) {
    return (
      <Entry title={t("members.page.title")} footer={null}>
        <p className="text-muted">{t("members.page.noToken")}</p>
      </Entry>
    );
  }
  return (
    <InvitationPage
      token={token}
      here={`/invitation?token=${encodeURIComponent(token)}`}
      onAccepted={({ project_id: project, team_id: team }) => {
        if (project)
          void navigate({ to: "/projects/$project", params: { project }, replace: true });
        else if (team) void navigate({ to: "/teams/$team", params: { team }, replace: true });
      }}
    />
  );
}
