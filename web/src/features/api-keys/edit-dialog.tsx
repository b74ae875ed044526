import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { Problem } from "@/api/problem";
import type { ApiKey } from "@/api/types";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { TextField } from "@/ui/field";
import { ProblemView } from "@/ui/states";
import { useUpdateApiKey } from "./api-keys";
import { readLimits, type WrongLimit } from "./key-limits";
import { LimitFields } from "./limit-fields";

interface Props {
  project: string;
  apiKey: ApiKey | undefined;
  onClose: () => void;
}

/** Changes what a key may; the key itself stays. */
export function EditApiKeyDialog({ project, apiKey, onClose }: Props) {
  const { t } = useTranslation();
  return (
    <Dialog
      isOpen={apiKey !== undefined}
      onClose={onClose}
      title={t("apiKeys.edit.title", { name: apiKey?.name })}
      text={t("apiKeys.edit.text")}
    >
      {apiKey && <EditForm project={project} apiKey={apiKey} onClose={onClose} />}
    </Dialog>
  );
}

const FIELDS = ["name", "scopes", "tools", "ip_ranges", "rate_limit_per_minute"];

function EditForm({ project, apiKey, onClose }: Props & { apiKey: ApiKey }) {
  const { t } = useTranslation();
  const update = useUpdateApiKey(project);
  const [wrong, setWrong] = useState<WrongLimit>();
  const problem = update.error instanceof Problem ? update.error : undefined;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const limits = readLimits(form);
    if (typeof limits === "string") return setWrong(limits);
    setWrong(undefined);
    update.mutate(
      { id: apiKey.id, body: { name: String(form.get("name")).trim(), ...limits } },
      { onSuccess: onClose },
    );
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <TextField
        label={t("words.name")}
        name="name"
        defaultValue={apiKey.name}
        error={problem?.field("name")}
        required
        maxLength={100}
      />
      <LimitFields apiKey={apiKey} problem={problem} wrong={wrong} />
      {update.error && !FIELDS.some((field) => problem?.field(field)) && (
        <ProblemView error={update.error} isInline />
      )}
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>{t("words.cancel")}</Button>
        <Button type="submit" look="solid" disabled={update.isPending}>
          {t("words.save")}
        </Button>
      </div>
    </form>
  );
}
