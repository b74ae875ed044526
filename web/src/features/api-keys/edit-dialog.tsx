import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Problem } from "@/api/problem";
import type { ApiKey } from "@/api/types";
import { Dialog } from "@/ui/dialog";
import { TextField } from "@/ui/field";
import { Form, typed } from "@/ui/form";
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
  const submit = (form: FormData) => {
    const limits = readLimits(form);
    if (typeof limits === "string") return setWrong(limits);
    setWrong(undefined);
    update.mutate(
      { id: apiKey.id, body: { name: typed(form, "name"), ...limits } },
      { onSuccess: onClose },
    );
  };
  return (
    <Form
      error={update.error}
      fields={FIELDS}
      submit={t("words.save")}
      isBusy={update.isPending}
      onCancel={onClose}
      onSubmit={submit}
    >
      <TextField
        label={t("words.name")}
        name="name"
        defaultValue={apiKey.name}
        error={problem?.field("name")}
        required
        maxLength={100}
      />
      <LimitFields apiKey={apiKey} problem={problem} wrong={wrong} />
    </Form>
  );
}
