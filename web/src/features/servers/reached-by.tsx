import { useTranslation } from "react-i18next";
import type { Problem } from "@/api/problem";
import type { Server } from "@/api/types";
import { TextArea, TextField } from "@/ui/field";
import { printHeaders, printVariables } from "./read-form";

export type Transport = "stdio" | "streamable_http" | "sse";

/** What the form found wrong before it asked the server. */
export interface Wrong {
  env?: string;
  headers?: string;
  secrets?: string;
  timeout?: string;
  maxInFlight?: string;
}

interface Props {
  transport: Transport;
  problem: Problem | undefined;
  wrong: Wrong;
  /** What stands there at first. */
  server: Server | undefined;
}

/** The part of a server's definition that depends on how it is reached. */
export function ReachedBy({ transport, problem, wrong, server }: Props) {
  const { t } = useTranslation();
  if (transport !== "stdio") {
    return (
      <>
        <TextField
          label={t("servers.detail.url")}
          name="url"
          defaultValue={server?.url ?? undefined}
          type="url"
          placeholder="https://mcp.example.com/mcp"
          error={problem?.field("url")}
          required
          mono
          spellCheck={false}
        />
        <TextArea
          label={t("servers.detail.headers")}
          name="headers"
          defaultValue={server && printHeaders(server.headers)}
          placeholder="X-Team: platform"
          hint={t("servers.form.headersHint")}
          error={wrong.headers ?? problem?.field("headers")}
          isOptional
          mono
        />
      </>
    );
  }
  return (
    <>
      <TextField
        label={t("servers.form.command")}
        name="command"
        defaultValue={server?.command ?? undefined}
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
        defaultValue={server?.args.join("\n")}
        placeholder={"-y\n@modelcontextprotocol/server-everything"}
        hint={t("servers.form.argsHint")}
        error={problem?.field("args")}
        isOptional
        mono
      />
      <TextArea
        label={t("servers.form.env")}
        name="env"
        defaultValue={server && printVariables(server.env)}
        placeholder="LOG_LEVEL=info"
        hint={t("servers.form.envHint")}
        error={wrong.env ?? problem?.field("env")}
        isOptional
        mono
      />
      <TextField
        label={t("servers.form.cwd")}
        name="cwd"
        defaultValue={server?.cwd ?? undefined}
        error={problem?.field("cwd")}
        isOptional
        mono
      />
    </>
  );
}
