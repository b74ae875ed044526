import { useTranslation } from "react-i18next";
import type { Team } from "@/api/types";
import { TextField } from "@/ui/field";
import { Form, fieldProblem, typed } from "@/ui/form";
import { Section } from "@/ui/section";
import { TeamFrame } from "./team-frame";
import { useRenameTeam } from "./teams";

export function TeamSettingsPage({ slug }: { slug: string }) {
  const { t } = useTranslation();
  return (
    <TeamFrame slug={slug}>
      {(team) => (
        <Section title={t("words.name")}>
          <RenameTeam key={team.name} team={team} slug={slug} />
        </Section>
      )}
    </TeamFrame>
  );
}

function RenameTeam({ team, slug }: { team: Team; slug: string }) {
  const { t } = useTranslation();
  const rename = useRenameTeam(slug);
  return (
    <div className="max-w-md">
      <Form
        error={rename.error}
        fields={["name"]}
        submit={t("words.save")}
        isBusy={rename.isPending}
        onSubmit={(form) => rename.mutate(typed(form, "name"))}
      >
        <TextField
          label={t("words.name")}
          name="name"
          defaultValue={team.name}
          required
          maxLength={100}
          error={fieldProblem(rename.error, "name")}
        />
      </Form>
    </div>
  );
}
