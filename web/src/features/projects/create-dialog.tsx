import { useTranslation } from "react-i18next";
import type { Project } from "@/api/types";
import { Dialog } from "@/ui/dialog";
import { TextArea, TextField } from "@/ui/field";
import { Form, fieldProblem, typed } from "@/ui/form";
import { useCreateProject } from "./projects";

interface Props {
  isOpen: boolean;
  onClose: () => void;
  onCreated: (project: Project) => void;
}

export function CreateProjectDialog({ isOpen, onClose, onCreated }: Props) {
  const { t } = useTranslation();
  return (
    <Dialog isOpen={isOpen} onClose={onClose} title={t("projects.createTitle")}>
      <CreateForm onClose={onClose} onCreated={onCreated} />
    </Dialog>
  );
}

function CreateForm({ onClose, onCreated }: Omit<Props, "isOpen">) {
  const { t } = useTranslation();
  const create = useCreateProject();
  const { error } = create;
  const submit = (form: FormData) => {
    const slug = typed(form, "slug");
    create.mutate(
      {
        name: typed(form, "name"),
        description: typed(form, "description"),
        ...(slug ? { slug } : {}),
      },
      { onSuccess: onCreated },
    );
  };
  return (
    <Form
      error={error}
      fields={["name", "slug"]}
      submit={t("projects.create")}
      isBusy={create.isPending}
      onCancel={onClose}
      onSubmit={submit}
    >
      <TextField
        label={t("words.name")}
        name="name"
        placeholder={t("projects.namePlaceholder")}
        required
        autoFocus
        maxLength={100}
        error={fieldProblem(error, "name")}
      />
      <TextArea label={t("words.description")} name="description" isOptional rows={2} />
      <TextField
        label={t("projects.slug")}
        name="slug"
        mono
        isOptional
        pattern="[a-z0-9]+(-[a-z0-9]+)*"
        title={t("projects.slugHint")}
        hint={t("projects.slugHint")}
        error={fieldProblem(error, "slug")}
      />
    </Form>
  );
}
