import type { FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { Problem } from "@/api/problem";
import type { Team } from "@/api/types";
import { Button } from "@/ui/button";
import { TextField } from "@/ui/field";
import { Section } from "@/ui/section";
import { ProblemView } from "@/ui/states";
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
  const nameProblem = rename.error instanceof Problem ? rename.error.field("name") : undefined;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    rename.mutate(String(new FormData(event.currentTarget).get("name")).trim());
  };
  return (
    <form onSubmit={submit} className="flex max-w-md flex-col gap-3">
      <TextField
        label={t("words.name")}
        name="name"
        defaultValue={team.name}
        required
        maxLength={100}
        error={nameProblem}
      />
      {rename.error && !nameProblem && <ProblemView error={rename.error} isInline />}
      <Button type="submit" className="self-start" disabled={rename.isPending}>
        {t("words.save")}
      </Button>
    </form>
  );
}
