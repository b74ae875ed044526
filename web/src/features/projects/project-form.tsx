import { useTranslation } from "react-i18next";
import type { Project } from "@/api/types";
import { TextArea, TextField } from "@/ui/field";
import { Form, fieldProblem, typed } from "@/ui/form";
import { useUpdateProject } from "./projects";

/** What a project is called, and what it is for. */
export function ProjectForm({ project }: { project: Project }) {
  const { t } = useTranslation();
  const update = useUpdateProject(project.slug);
  const { error } = update;
  return (
    <div className="max-w-md">
      <Form
        error={error}
        fields={["name", "description"]}
        submit={t("words.save")}
        isBusy={update.isPending}
        onSubmit={(form) =>
          update.mutate({ name: typed(form, "name"), description: typed(form, "description") })
        }
      >
        <TextField
          label={t("words.name")}
          name="name"
          defaultValue={project.name}
          required
          maxLength={100}
          hint={t("projects.renameHint", { slug: project.slug })}
          error={fieldProblem(error, "name")}
        />
        <TextArea
          label={t("words.description")}
          name="description"
          defaultValue={project.description}
          isOptional
          error={fieldProblem(error, "description")}
        />
      </Form>
    </div>
  );
}
