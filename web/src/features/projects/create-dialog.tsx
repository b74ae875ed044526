import type { FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { Problem } from "@/api/problem";
import type { Project } from "@/api/types";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { TextArea, TextField } from "@/ui/field";
import { ProblemView } from "@/ui/states";
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
  const problem = create.error instanceof Problem ? create.error : undefined;
  const slugProblem = problem?.field("slug");
  const nameProblem = problem?.field("name");
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name)).trim();
    const slug = text("slug");
    create.mutate(
      { name: text("name"), description: text("description"), ...(slug ? { slug } : {}) },
      { onSuccess: onCreated },
    );
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <TextField
        label={t("words.name")}
        name="name"
        placeholder={t("projects.namePlaceholder")}
        required
        autoFocus
        maxLength={100}
        error={nameProblem}
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
        error={slugProblem}
      />
      {problem && !slugProblem && !nameProblem && <ProblemView error={problem} isInline />}
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>{t("words.cancel")}</Button>
        <Button type="submit" look="solid" disabled={create.isPending}>
          {t("projects.create")}
        </Button>
      </div>
    </form>
  );
}
