import type { FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { Problem } from "@/api/problem";
import type { Team } from "@/api/types";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { TextField } from "@/ui/field";
import { ProblemView } from "@/ui/states";
import { useCreateTeam } from "./teams";

interface Props {
  isOpen: boolean;
  onClose: () => void;
  onCreated: (team: Team) => void;
}

export function CreateTeamDialog({ isOpen, onClose, onCreated }: Props) {
  const { t } = useTranslation();
  return (
    <Dialog isOpen={isOpen} onClose={onClose} title={t("teams.new")} text={t("teams.newText")}>
      <CreateForm onClose={onClose} onCreated={onCreated} />
    </Dialog>
  );
}

function CreateForm({ onClose, onCreated }: Omit<Props, "isOpen">) {
  const { t } = useTranslation();
  const create = useCreateTeam();
  const problem = create.error instanceof Problem ? create.error : undefined;
  const isOfField = ["name", "slug"].some((field) => problem?.field(field));
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const slug = String(form.get("slug")).trim();
    create.mutate(
      { name: String(form.get("name")).trim(), ...(slug ? { slug } : {}) },
      { onSuccess: onCreated },
    );
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <TextField
        label={t("words.name")}
        name="name"
        placeholder={t("teams.namePlaceholder")}
        required
        autoFocus
        maxLength={100}
        error={problem?.field("name")}
      />
      <TextField
        label={t("projects.slug")}
        name="slug"
        mono
        isOptional
        pattern="[a-z0-9]+(-[a-z0-9]+)*"
        title={t("teams.slugHint")}
        hint={t("teams.slugHint")}
        error={problem?.field("slug")}
      />
      {create.error && !isOfField && <ProblemView error={create.error} isInline />}
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>{t("words.cancel")}</Button>
        <Button type="submit" look="solid" disabled={create.isPending}>
          {t("teams.create")}
        </Button>
      </div>
    </form>
  );
}
