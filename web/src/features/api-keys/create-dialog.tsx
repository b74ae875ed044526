import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useCreateApiKey } from "@/api/api-keys";
import { Problem } from "@/api/problem";
import { Button } from "@/ui/button";
import { CodeBlock } from "@/ui/code-block";
import { Dialog } from "@/ui/dialog";
import { SelectField, TextField } from "@/ui/field";
import { Form, typed } from "@/ui/form";
import { readLimits, type WrongLimit } from "./key-limits";
import { LimitFields } from "./limit-fields";

const DAYS = [30, 90, 365] as const;
const DEFAULT_DAYS = 90;
const DAY_MS = 86_400_000;

interface Props {
  project: string;
  isOpen: boolean;
  onClose: () => void;
}

/** Makes a key, and shows it this once. */
export function CreateApiKeyDialog({ project, isOpen, onClose }: Props) {
  const { t } = useTranslation();
  const create = useCreateApiKey(project);
  const close = () => {
    create.reset();
    onClose();
  };
  const { data: created } = create;
  if (created) {
    return (
      <Dialog
        isOpen={isOpen}
        onClose={close}
        title={t("apiKeys.created.title")}
        text={t("apiKeys.created.text")}
        isSticky
      >
        <CodeBlock code={created.key} label={created.name} />
        <div className="flex justify-end">
          <Button look="solid" onClick={close}>
            {t("apiKeys.created.done")}
          </Button>
        </div>
      </Dialog>
    );
  }
  return (
    <Dialog isOpen={isOpen} onClose={close} title={t("apiKeys.form.title")}>
      <CreateForm create={create} onClose={close} />
    </Dialog>
  );
}

interface FormProps {
  create: ReturnType<typeof useCreateApiKey>;
  onClose: () => void;
}

const FIELDS = ["name", "expires_at", "scopes", "tools", "ip_ranges", "rate_limit_per_minute"];

function CreateForm({ create, onClose }: FormProps) {
  const { t } = useTranslation();
  const [wrong, setWrong] = useState<WrongLimit>();
  const problem = create.error instanceof Problem ? create.error : undefined;
  const submit = (form: FormData) => {
    const limits = readLimits(form);
    if (typeof limits === "string") return setWrong(limits);
    setWrong(undefined);
    const expiresAt = new Date(Date.now() + Number(form.get("days")) * DAY_MS);
    create.mutate({
      name: typed(form, "name"),
      expires_at: expiresAt.toISOString(),
      ...limits,
    });
  };
  return (
    <Form
      error={create.error}
      fields={FIELDS}
      submit={t("apiKeys.form.submit")}
      isBusy={create.isPending}
      onCancel={onClose}
      onSubmit={submit}
    >
      <TextField
        label={t("words.name")}
        name="name"
        placeholder={t("apiKeys.form.namePlaceholder")}
        error={problem?.field("name")}
        required
        autoFocus
        maxLength={100}
      />
      <SelectField
        label={t("apiKeys.form.expiry")}
        name="days"
        defaultValue={DEFAULT_DAYS}
        error={problem?.field("expires_at")}
      >
        {DAYS.map((count) => (
          <option key={count} value={count}>
            {t("apiKeys.form.days", { count })}
          </option>
        ))}
      </SelectField>
      <details open={wrong !== undefined || problem !== undefined || undefined}>
        <summary className="w-fit cursor-pointer rounded-sm text-accent text-xs">
          {t("apiKeys.limits.title")}
        </summary>
        <div className="mt-3 flex flex-col gap-4">
          <LimitFields problem={problem} wrong={wrong} />
        </div>
      </details>
    </Form>
  );
}
