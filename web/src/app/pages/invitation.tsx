import { useQueryClient } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { projectQuery } from "@/api/project";
import { Entry } from "@/features/account/entry";
import { InvitationPage } from "@/features/members/invitation-page";

const route = getRouteApi("/invitation");

export function Invitation() {
  const { t } = useTranslation();
  const { token } = route.useSearch();
  const navigate = route.useNavigate();
  const queries = useQueryClient();
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
      onAccepted={async ({ project_id: project, team_id: team }) => {
        if (project) {
          // Addresses have the name of a project, as far as it is known.
          const found = await queries.fetchQuery(projectQuery(project)).catch(() => undefined);
          const params = { project: found?.slug ?? project };
          await navigate({ to: "/projects/$project", params, replace: true });
        } else if (team) await navigate({ to: "/teams/$team", params: { team }, replace: true });
      }}
    />
  );
}
