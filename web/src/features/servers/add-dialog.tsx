import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { Problem } from "@/api/problem";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { TextArea, TextField } from "@/ui/field";
import { ProblemView } from "@/ui/states";
import { readArguments, readEnvironment } from "./definition";
import { useCreateServer } from "./servers";

interface Props {
  project: string;
  isOpen: boolean;
  onClose: () => void;
}

export function AddServerDialog({ project, isOpen, onClose }: Props) {
  const { t } = useTranslation();
  return (
    <Dialog
      isOpen={isOpen}
      onClose={onClose}
      title={t("servers.form.title")}
      text={t("servers.form.text")}
    >
      <AddServerForm project={project} onClose={onClose} />
    </Dialog>
  );
}

const FIELDS = ["name", "command", "args", "env", "cwd", "timeout_ms"];

/** What the form found wrong before it asked the server. */
interface Wrong {
  env?: string;
  timeout?: string;
}

function AddServerForm({ project, onClose }: Omit<Props, "isOpen">) {
  const { t } = useTranslation();
  const create = useCreateServer(project);
  const [wrong, setWrong] = useState<Wrong>({});
  const problem = create.error instanceof Problem ? create.error : undefined;
  const isOwnProblem = create.error && !FIELDS.some((field) => problem?.field(field));
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name));
    const environment = readEnvironment(text("env"));
    if ("wrongLine" in environment) {
      setWrong({ env: t("servers.form.envWrong", { line: environment.wrongLine }) });
      return;
    }
    const seconds = text("timeout").trim();
    if (seconds !== "" && !(Number(seconds) >= 1 && Number(seconds) <= 3_600)) {
      setWrong({ timeout: t("servers.form.timeoutWrong") });
      return;
    }
    setWrong({});
    const cwd = text("cwd").trim();
    create.mutate(
      {
        name: text("name").trim(),
        transport: "stdio",
        command: text("command").trim(),
        args: readArguments(text("args")),
        env: environment.env,
        ...(cwd ? { cwd } : {}),
        ...(seconds ? { timeout_ms: Math.round(Number(seconds) * 1_000) } : {}),
      },
      { onSuccess: onClose },
    );
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <TextField
        label={t("words.name")}
        name="name"
        placeholder={t("servers.form.namePlaceholder")}
        hint={t("servers.form.nameHint")}
        error={problem?.field("name")}
        required
        autoFocus
        maxLength={64}
        mono
      />
      <TextField
        label={t("servers.form.command")}
        name="command"
        placeholder={t("servers.form.commandPlaceholder")}
        hint={t("servers.form.commandHint")}
        error={problem?.field("command")}
        required
        mono
        spellCheck={false}
      />
      <TextArea
        label={t("servers.form.args")}
        name="args"
        placeholder={"-y\n@modelcontextprotocol/server-everything"}
        hint={t("servers.form.argsHint")}
        error={problem?.field("args")}
        isOptional
        mono
      />
      <TextArea
        label={t("servers.form.env")}
        name="env"
        placeholder="LOG_LEVEL=info"
        hint={t("servers.form.envHint")}
        error={wrong.env ?? problem?.field("env")}
        isOptional
        mono
      />
      <div className="grid gap-4 md:grid-cols-2">
        <TextField
          label={t("servers.form.cwd")}
          name="cwd"
          error={problem?.field("cwd")}
          isOptional
          mono
        />
        <TextField
          label={t("servers.form.timeout")}
          name="timeout"
          inputMode="numeric"
          placeholder="60"
          error={wrong.timeout ?? problem?.field("timeout_ms")}
          isOptional
        />
      </div>
      {isOwnProblem && <ProblemView error={create.error} isInline />}
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>{t("words.cancel")}</Button>
        <Button type="submit" look="solid" disabled={create.isPending}>
          {t("servers.form.submit")}
        </Button>
      </div>
    </form>
  );
}
