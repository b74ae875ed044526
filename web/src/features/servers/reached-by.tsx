import { useTranslation } from "react-i18next";
import type { Problem } from "@/api/problem";
import { TextArea, TextField } from "@/ui/field";

export type Transport = "stdio" | "streamable_http" | "sse";

/** What the form found wrong before it asked the server. */
export interface Wrong {
  env?: string;
  headers?: string;
  secrets?: string;
  timeout?: string;
}

interface Props {
  transport: Transport;
  problem: Problem | undefined;
  wrong: Wrong;
}

/** The part of a server's definition that depends on how it is reached. */
export function ReachedBy({ transport, problem, wrong }: Props) {
  const { t } = useTranslation();
  if (transport !== "stdio") {
    return (
      <>
        <TextField
          label={t("servers.detail.url")}
          name="url"
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
      <TextField
        label={t("servers.form.cwd")}
        name="cwd"
        error={problem?.field("cwd")}
        isOptional
        mono
      />
    </>
  );
}
