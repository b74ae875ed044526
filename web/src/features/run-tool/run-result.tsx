import { Link } from "@tanstack/react-router";
import { clsx } from "clsx";
import { useTranslation } from "react-i18next";
import type { CallToolResult } from "@/api/types";
import { formatDuration } from "@/lib/duration";
import type { Json } from "@/lib/json";
import { CodeBlock } from "@/ui/code-block";
import { JsonTree } from "@/ui/json-tree";

interface Props {
  project: string;
  result: CallToolResult;
}

/** How a call ended: what the tool says, and where the log has it. */
export function RunResult({ project, result }: Props) {
  const { t } = useTranslation();
  const { error, status, duration_us: us } = result;
  const isGood = status === "success";
  const text = textOf(result.result as Json | null);
  return (
    <section aria-label={t("runTool.result")} aria-live="polite" className="flex flex-col gap-2.5">
      <p className="flex flex-wrap items-center gap-2 text-xs">
        <b className={clsx("font-semibold", isGood ? "text-success" : "text-error")}>
          {t(`toolCalls.status.${status}`)}
        </b>
        {us !== null && <span className="tabular font-mono text-muted">{formatDuration(us)}</span>}
        <Link
          to="/projects/$project/tool-calls"
          params={{ project }}
          search={{ call: result.tool_call_id }}
          className="ml-auto text-accent hover:underline"
        >
          {t("runTool.openCall")}
        </Link>
      </p>
      {error && (
        <p className="whitespace-pre-wrap break-words rounded-md border border-error/50 p-2.5 font-mono text-error text-xs [overflow-wrap:anywhere]">
          {[error.code, error.message].filter((part) => part !== null).join(" ")}
        </p>
      )}
      {result.is_truncated && <p className="text-muted text-xs">{t("runTool.tooLarge")}</p>}
      {text && <CodeBlock code={text} label={t("runTool.resultText")} />}
      {result.result !== null && (
        <div className="max-h-96 overflow-auto rounded-lg border border-border bg-canvas">
          <JsonTree value={result.result as Json} label={t("runTool.result")} />
        </div>
      )}
    </section>
  );
}

/** The text parts of a result's `content`, as the specification shapes them. */
function textOf(result: Json | null): string {
  const content = (result as { content?: Json } | null)?.content;
  if (!Array.isArray(content)) return "";
  const parts = content.map((part) => (part as { type?: Json; text?: Json } | null) ?? {});
  return parts
    .flatMap(({ type, text }) => (type === "text" && typeof text === "string" ? [text] : []))
    .join("\n");
}
