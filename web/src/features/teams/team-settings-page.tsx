import { useTranslation } from "react-i18next";
import { DiscardSection } from "@/features/trash/discard-section";
import { NameForm } from "@/ui/name-form";
import { Section } from "@/ui/section";
import { TeamFrame } from "./team-frame";
import { useRenameTeam } from "./teams";

interface Props {
  slug: string;
  onDiscarded: () => void;
}

export function TeamSettingsPage({ slug, onDiscarded }: Props) {
  const { t } = useTranslation();
  const rename = useRenameTeam(slug);
  return (
    <TeamFrame slug={slug}>
      {(team) => (
        <>
          <Section title={t("words.name")}>
            <NameForm key={team.name} name={team.name} rename={rename} />
          </Section>
          <DiscardSection thing={{ ...team, kind: "team" }} onDiscarded={onDiscarded} />
        </>
      )}
    </TeamFrame>
  );
}
