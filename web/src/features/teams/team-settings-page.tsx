import { useTranslation } from "react-i18next";
import { NameForm } from "@/ui/name-form";
import { Section } from "@/ui/section";
import { TeamFrame } from "./team-frame";
import { useRenameTeam } from "./teams";

export function TeamSettingsPage({ slug }: { slug: string }) {
  const { t } = useTranslation();
  const rename = useRenameTeam(slug);
  return (
    <TeamFrame slug={slug}>
      {(team) => (
        <Section title={t("words.name")}>
          <NameForm key={team.name} name={team.name} rename={rename} />
        </Section>
      )}
    </TeamFrame>
  );
}
