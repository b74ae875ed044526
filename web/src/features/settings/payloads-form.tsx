import { useTranslation } from "react-i18next";
import { Problem } from "@/api/problem";
import type { Settings } from "@/api/types";
import { TextArea } from "@/ui/field";
import { Form, typed } from "@/ui/form";
import { useUpdateSettings } from "./settings";

const MODES = ["full", "redacted", "metadata"] as const;
const PATHS = "payloads/redacted_paths";

interface Props {
  project: string;
  settings: Settings;
  isReadOnly: boolean;
}

/** What is kept of arguments and results, and who may read them. */
export function PayloadsForm({ project, settings, isReadOnly }: Props) {
  const { t } = useTranslation();
  const update = useUpdateSettings(project);
  const { payloads } = settings;
  const wrongPath = problemOfPaths(update.error);
  const submit = (form: FormData) =>
    update.mutate({
      payloads: { mode: typed(form, "mode"), redacted_paths: lines(typed(form, "paths")) },
      reporters_read_payloads: form.has("reporters"),
    });
  return (
    <Form
      error={wrongPath ? null : update.error}
      fields={[]}
      submit={t("words.save")}
      isBusy={update.isPending}
      isReadOnly={isReadOnly}
      onSubmit={submit}
    >
      <fieldset className="flex flex-col gap-2.5">
        <legend className="pb-2 font-medium text-xs">{t("settings.payloads.mode")}</legend>
        {MODES.map((mode) => (
          <label key={mode} className="flex items-start gap-2.5">
            <input
              type="radio"
              name="mode"
              value={mode}
              defaultChecked={payloads.mode === mode}
              className="mt-0.5 size-4 shrink-0 accent-accent-solid"
            />
            <span>
              <span className="font-medium">{t(`settings.payloads.modes.${mode}`)}</span>
              <span className="block text-muted text-xs">
                {t(`settings.payloads.modeTexts.${mode}`)}
              </span>
            </span>
          </label>
        ))}
      </fieldset>
      <TextArea
        label={t("settings.payloads.paths")}
        name="paths"
        mono
        isOptional
        rows={4}
        placeholder={"$.arguments.card.number\n$..email"}
        defaultValue={payloads.redacted_paths.join("\n")}
        hint={t("settings.payloads.pathsHint")}
        error={wrongPath}
      />
      <label className="flex items-start gap-2.5">
        <input
          type="checkbox"
          name="reporters"
          defaultChecked={settings.reporters_read_payloads}
          className="mt-0.5 size-4 shrink-0 accent-accent-solid"
        />
        <span>
          <span className="font-medium">{t("settings.payloads.reporters")}</span>
          <span className="block text-muted text-xs">{t("settings.payloads.reportersText")}</span>
        </span>
      </label>
    </Form>
  );
}

function lines(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

/** `Line 3: …`, of the first path that was refused. */
function problemOfPaths(error: unknown): string | undefined {
  if (!(error instanceof Problem)) return undefined;
  const found = error.details.fields.find(({ pointer }) => pointer.includes(PATHS));
  const line = found && /\/(\d+)$/.exec(found.pointer)?.[1];
  return line ? `${Number(line) + 1}: ${found.detail}` : found?.detail;
}
