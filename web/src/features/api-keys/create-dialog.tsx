import { type FormEvent, useId } from "react";
import { useTranslation } from "react-i18next";
import { Problem } from "@/api/problem";
import { Button } from "@/ui/button";
import { CodeBlock } from "@/ui/code-block";
import { Dialog } from "@/ui/dialog";
import { TextField } from "@/ui/field";
import { ProblemView } from "@/ui/states";
import { useCreateApiKey } from "./api-keys";

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

function CreateForm({ create, onClose }: FormProps) {
  const { t } = useTranslation();
  const selectId = useId();
  const nameProblem = create.error instanceof Problem ? create.error.field("name") : undefined;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const expiresAt = new Date(Date.now() + Number(form.get("days")) * DAY_MS);
    create.mutate({ name: String(form.get("name")).trim(), expires_at: expiresAt.toISOString() });
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <TextField
        label={t("words.name")}
        name="name"
        placeholder={t("apiKeys.form.namePlaceholder")}
        error={nameProblem}
        required
        autoFocus
        maxLength={100}
      />
      <div className="flex flex-col gap-1.5">
        <label htmlFor={selectId} className="font-medium text-xs">
          {t("apiKeys.form.expiry")}
        </label>
        <select
          id={selectId}
          name="days"
          defaultValue={DEFAULT_DAYS}
          className="h-9 rounded-md border border-border bg-canvas px-2 hover:border-border-strong"
        >
          {DAYS.map((count) => (
            <option key={count} value={count}>
              {t("apiKeys.form.days", { count })}
            </option>
          ))}
        </select>
      </div>
      {create.error && !nameProblem && <ProblemView error={create.error} isInline />}
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>{t("words.cancel")}</Button>
        <Button type="submit" look="solid" disabled={create.isPending}>
          {t("apiKeys.form.submit")}
        </Button>
      </div>
    </form>
  );
}
