import { useTranslation } from "react-i18next";
import { formatDay } from "@/lib/time";
import { useTeams } from "./administration";
import { AdministrationFrame } from "./frame";
import { Figures, Named, Rows } from "./rows";

/** Every team, whoever is in it. */
export function TeamsPage() {
  const { t } = useTranslation();
  const teams = useTeams();
  return (
    <AdministrationFrame>
      <p className="text-muted">{t("administration.teams.text")}</p>
      <Rows of={teams} empty={t("administration.teams.none")}>
        {(team) => (
          <>
            <Named name={team.name} below={<code className="font-mono">{team.slug}</code>} />
            <Figures
              of={[
                [t("members.title"), team.members],
                [t("projects.title"), team.projects],
                [t("administration.since"), formatDay(team.created_at)],
              ]}
            />
          </>
        )}
      </Rows>
    </AdministrationFrame>
  );
}
