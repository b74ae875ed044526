import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "@/api/permissions";
import { Problem } from "@/api/problem";
import type { CreateServer } from "@/api/types";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { SelectField, TextArea, TextField } from "@/ui/field";
import { ProblemView } from "@/ui/states";
import { readArguments, readEnvironment, readHeaders } from "./definition";
import { ReachedBy, type Transport, type Wrong } from "./reached-by";
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

const FIELDS = ["name", "command", "args", "env", "cwd", "url", "headers", "secrets", "timeout_ms"];
const TRANSPORTS: Transport[] = ["stdio", "streamable_http", "sse"];

function AddServerForm({ project, onClose }: Omit<Props, "isOpen">) {
  const { t } = useTranslation();
  const create = useCreateServer(project);
  // A program on the gateway's host is for owners alone.
  const mayRun = useMay(project, "write_stdio_servers");
  const [chosen, setChosen] = useState<Transport>();
  const transport = chosen ?? (mayRun ? "stdio" : "streamable_http");
  const [wrong, setWrong] = useState<Wrong>({});
  const problem = create.error instanceof Problem ? create.error : undefined;
  const isOwnProblem = create.error && !FIELDS.some((field) => problem?.field(field));
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const read = readForm(new FormData(event.currentTarget), transport);
    if ("field" in read) {
      setWrong({ [read.field]: t(`servers.form.${read.text}`, { line: read.line }) });
      return;
    }
    setWrong({});
    create.mutate(read.body, { onSuccess: onClose });
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <div className="grid gap-4 md:grid-cols-2">
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
        <SelectField
          label={t("servers.form.transport")}
          value={transport}
          onChange={(event) => setChosen(event.target.value as Transport)}
        >
          {TRANSPORTS.filter((one) => mayRun || one !== "stdio").map((one) => (
            <option key={one} value={one}>
              {t(`servers.transports.${one}`)}
            </option>
          ))}
        </SelectField>
      </div>
      <ReachedBy key={transport} transport={transport} problem={problem} wrong={wrong} />
      <TextArea
        label={t("servers.form.secrets")}
        name="secrets"
        placeholder={transport === "stdio" ? "GITHUB_TOKEN=…" : "Authorization: Bearer …"}
        hint={t(
          transport === "stdio" ? "servers.form.secretsHint" : "servers.form.secretHeadersHint",
        )}
        error={wrong.secrets ?? problem?.field("secrets")}
        isOptional
        mono
        autoComplete="off"
      />
      <TextField
        label={t("servers.form.timeout")}
        name="timeout"
        inputMode="numeric"
        placeholder="60"
        error={wrong.timeout ?? problem?.field("timeout_ms")}
        isOptional
      />
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

interface Refused {
  field: keyof Wrong;
  text: "envWrong" | "headersWrong" | "timeoutWrong";
  line?: number;
}

/** The definition that was typed, or what is wrong with it before anybody is asked. */
function readForm(form: FormData, transport: Transport): { body: CreateServer } | Refused {
  const text = (name: string) => String(form.get(name) ?? "").trim();
  const isProgram = transport === "stdio";
  const seconds = text("timeout");
  if (seconds !== "" && !(Number(seconds) >= 1 && Number(seconds) <= 3_600)) {
    return { field: "timeout", text: "timeoutWrong" };
  }
  const pairs = (name: "env" | "headers" | "secrets") => {
    const raw = String(form.get(name) ?? "");
    if (isProgram) {
      const read = readEnvironment(raw);
      return "env" in read ? { values: read.env } : { line: read.wrongLine };
    }
    const read = readHeaders(raw);
    return "headers" in read ? { values: read.headers } : { line: read.wrongLine };
  };
  const wrongText = isProgram ? "envWrong" : "headersWrong";
  const open = pairs(isProgram ? "env" : "headers");
  if (open.line) return { field: isProgram ? "env" : "headers", text: wrongText, line: open.line };
  const secrets = pairs("secrets");
  if (secrets.line) return { field: "secrets", text: wrongText, line: secrets.line };
  const limits = seconds ? { timeout_ms: Math.round(Number(seconds) * 1_000) } : {};
  const sealed = secrets.values ?? {};
  const common = {
    name: text("name"),
    transport,
    ...limits,
    ...(Object.keys(sealed).length > 0 ? { secrets: sealed } : {}),
  };
  if (!isProgram) return { body: { ...common, url: text("url"), headers: open.values ?? {} } };
  const cwd = text("cwd");
  return {
    body: {
      ...common,
      command: text("command"),
      args: readArguments(String(form.get("args") ?? "")),
      env: open.values ?? {},
      ...(cwd ? { cwd } : {}),
    },
  };
}
