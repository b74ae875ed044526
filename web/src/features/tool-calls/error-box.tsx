import { clsx } from "clsx";
import { Filter } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { ToolCall } from "@/api/types";
import { withMessage } from "@/features/call-filter/message";
import type { Expression } from "@/lib/query/expression";
import { Button } from "@/ui/button";
import { CopyButton } from "@/ui/copy-button";
import { STATUS_TEXT } from "@/ui/status";
import { failure, failureKind } from "./describe";

const BORDERS: Partial<Record<ToolCall["status"], string>> = {
  error: "border-error/60",
  timeout: "border-timeout/60",
};

interface Props {
  call: ToolCall;
  /** Narrows the list further. */
  onNarrow: (more: Expression) => void;
}

/** Why a call failed: in words, and as its server said it. */
export function ErrorBox({ call, onNarrow }: Props) {
  const { t } = useTranslation();
  if (call.status === "success" || call.status === "running") return null;
  const kind = failureKind(call);
  const help = t(`toolCalls.errorHelp.${kind}`);
  const said = failure(call);
  const alike = call.error_message ? withMessage(call.error_message) : undefined;
  return (
    <section
      className={clsx("rounded-lg border bg-canvas", BORDERS[call.status] ?? "border-border")}
    >
      <div className="flex min-h-9 items-center justify-between gap-2 border-border-subtle border-b py-1 pr-1 pl-3">
        <h3 className={clsx("font-semibold text-xs", STATUS_TEXT[call.status])}>
          {t(`toolCalls.errorKinds.${kind}`)}
        </h3>
        <span className="flex shrink-0">
          {alike && (
            <Button look="bare" onClick={() => onNarrow(alike)}>
              <Filter size={12} aria-hidden />
              {t("toolCalls.drawer.alike")}
            </Button>
          )}
          {said && <CopyButton text={said} />}
        </span>
      </div>
      <div className="flex flex-col gap-2 p-3">
        {said && (
          <p className="whitespace-pre-wrap break-words font-mono text-xs leading-5 [overflow-wrap:anywhere]">
            {call.error_code !== null && call.error_code !== undefined && (
              <span className="text-muted">{call.error_code} </span>
            )}
            {call.error_message}
          </p>
        )}
        {help && <p className="text-muted text-xs">{help}</p>}
      </div>
    </section>
  );
}
