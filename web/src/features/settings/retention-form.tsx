import { useTranslation } from "react-i18next";
import type { Settings } from "@/api/types";
import { TextField } from "@/ui/field";
import { Form, fieldProblem, typed } from "@/ui/form";
import { useUpdateSettings } from "./settings";

const FIELDS = ["tool_calls_days", "payloads_days", "server_logs_days", "sessions_days"] as const;
const LONGEST_DAYS = 3_650;

interface Props {
  project: string;
  retention: Settings["retention"];
  isReadOnly: boolean;
}

/** For how many days what is kept. */
export function RetentionForm({ project, retention, isReadOnly }: Props) {
  const { t } = useTranslation();
  const update = useUpdateSettings(project);
  const submit = (form: FormData) =>
    update.mutate({
      retention: Object.fromEntries(FIELDS.map((field) => [field, Number(typed(form, field))])),
    });
  return (
    <Form
      error={update.error}
      fields={FIELDS.map((field) => `retention/${field}`)}
      submit={t("words.save")}
      isBusy={update.isPending}
      isReadOnly={isReadOnly}
      onSubmit={submit}
    >
      <p className="text-muted">{t("settings.retention.text")}</p>
      <div className="grid gap-4 md:grid-cols-4">
        {FIELDS.map((field) => (
          <TextField
            key={field}
            label={t(`settings.retention.fields.${field}`)}
            name={field}
            type="number"
            min={1}
            max={LONGEST_DAYS}
            required
            defaultValue={retention[field]}
            error={fieldProblem(update.error, `retention/${field}`)}
          />
        ))}
      </div>
    </Form>
  );
}
