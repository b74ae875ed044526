import { type FormEvent, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useMay } from "@/api/permissions";
import { Problem } from "@/api/problem";
import type { CreateServer, Server } from "@/api/types";
import { Button } from "@/ui/button";
import { SelectField, TextArea, TextField } from "@/ui/field";
import { ProblemView } from "@/ui/states";
import { Limits } from "./limits";
import { ReachedBy, type Transport, type Wrong } from "./reached-by";
import { readForm } from "./read-form";
import { useTryServer } from "./servers";
import { Trial } from "./trial";

interface Props {
  project: string;
  /** The server that is changed; absent: a new one. */
  server?: Server;
  submit: string;
  isBusy: boolean;
  error: unknown;
  onSubmit: (body: CreateServer) => void;
  onClose: () => void;
}

const FIELDS = [
  "name",
  "command",
  "args",
  "env",
  "cwd",
  "url",
  "headers",
  "secrets",
  "timeout_ms",
  "max_in_flight",
];
const TRANSPORTS: Transport[] = ["stdio", "streamable_http", "sse"];

/** A server's definition; it can be tried before it is kept. */
export function ServerForm(props: Props) {
  const { project, server, isBusy, error, onSubmit, onClose } = props;
  const { t } = useTranslation();
  // A program on the gateway's host is for owners alone.
  const mayRun = useMay(project, "write_stdio_servers");
  const form = useRef<HTMLFormElement>(null);
  const [chosen, setChosen] = useState<Transport | undefined>(server?.transport);
  const transport = chosen ?? (mayRun ? "stdio" : "streamable_http");
  const [wrong, setWrong] = useState<Wrong>({});
  const trial = useTryServer(project);
  const failed = error ?? trial.error;
  const problem = failed instanceof Problem ? failed : undefined;
  const isOwnProblem = failed && !FIELDS.some((field) => problem?.field(field));
  const read = (): CreateServer | undefined => {
    if (!form.current) return undefined;
    const found = readForm(new FormData(form.current), transport);
    if ("body" in found) {
      setWrong({});
      return found.body;
    }
    setWrong({ [found.field]: t(`servers.form.${found.text}`, { line: found.line }) });
    return undefined;
  };
  const send = (event: FormEvent) => {
    event.preventDefault();
    const body = read();
    if (body) onSubmit(body);
  };
  const tryIt = () => {
    if (!form.current?.reportValidity()) return;
    const body = read();
    if (body) trial.mutate(body);
  };
  const isProgram = transport === "stdio";
  return (
    <form ref={form} onSubmit={send} className="flex flex-col gap-4">
      <div className="grid gap-4 md:grid-cols-[3fr_5fr]">
        <TextField
          label={t("words.name")}
          name="name"
          defaultValue={server?.name}
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
      <ReachedBy
        key={transport}
        transport={transport}
        problem={problem}
        wrong={wrong}
        server={server}
      />
      <TextArea
        label={t("servers.form.secrets")}
        name="secrets"
        placeholder={isProgram ? "GITHUB_TOKEN=…" : "Authorization: Bearer …"}
        hint={t(isProgram ? "servers.form.secretsHint" : "servers.form.secretHeadersHint")}
        error={wrong.secrets ?? problem?.field("secrets")}
        isOptional
        mono
        autoComplete="off"
      />
      {server && server.secrets.length > 0 && <KeptSecrets server={server} />}
      <Limits server={server} problem={problem} wrong={wrong} />
      {isOwnProblem ? <ProblemView error={failed} isInline /> : null}
      {trial.data && <Trial trial={trial.data} />}
      {server && server.secrets.length > 0 && trial.data && (
        <p className="text-faint text-xs">{t("servers.trial.secrets")}</p>
      )}
      <div className="flex flex-wrap justify-end gap-2">
        <Button className="mr-auto" disabled={trial.isPending} onClick={tryIt}>
          {t(trial.isPending ? "servers.trial.running" : "servers.trial.button")}
        </Button>
        <Button onClick={onClose}>{t("words.cancel")}</Button>
        <Button type="submit" look="solid" disabled={isBusy}>
          {props.submit}
        </Button>
      </div>
    </form>
  );
}

/** Which secrets are set: they can be replaced or removed, and not read. */
function KeptSecrets({ server }: { server: Server }) {
  const { t } = useTranslation();
  return (
    <fieldset className="flex flex-col gap-1.5">
      <legend className="pb-1.5 font-medium text-xs">{t("servers.form.removeSecrets")}</legend>
      {server.secrets.map(({ name }) => (
        <label key={name} className="flex items-center gap-2 text-xs">
          <input
            type="checkbox"
            name="removed_secrets"
            value={name}
            className="size-3.5 accent-accent-solid"
          />
          <span className="break-all font-mono">{name}</span>
        </label>
      ))}
    </fieldset>
  );
}
