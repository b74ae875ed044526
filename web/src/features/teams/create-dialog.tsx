import { useTranslation } from "react-i18next";
import type { Team } from "@/api/types";
import { Dialog } from "@/ui/dialog";
import { TextField } from "@/ui/field";
import { Form, fieldProblem, typed } from "@/ui/form";
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
  const { error } = create;
  const submit = (form: FormData) => {
    const slug = typed(form, "slug");
    create.mutate(
      { name: typed(form, "name"), ...(slug ? { slug } : {}) },
      { onSuccess: onCreated },
    );
  };
  return (
    <Form
      error={error}
      fields={["name", "slug"]}
      submit={t("teams.create")}
      isBusy={create.isPending}
      onCancel={onClose}
      onSubmit={submit}
    >
      <TextField
        label={t("words.name")}
        name="name"
        placeholder={t("teams.namePlaceholder")}
        required
        autoFocus
        maxLength={100}
        error={fieldProblem(error, "name")}
      />
      <TextField
        label={t("projects.slug")}
        name="slug"
        mono
        isOptional
        pattern="[a-z0-9]+(-[a-z0-9]+)*"
        title={t("teams.slugHint")}
        hint={t("teams.slugHint")}
        error={fieldProblem(error, "slug")}
      />
    </Form>
  );
}
