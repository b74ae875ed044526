import { clsx } from "clsx";
import { memo } from "react";
import type { ToolCall } from "@/api/types";
import { useT } from "@/i18n/language";
import { clientTitle } from "@/lib/clients";
import { clockParts } from "@/lib/time";
import { useZone } from "@/lib/zone";
import { STATUS_TEXT, Status } from "@/ui/status";
import { failure, failureKind } from "./describe";
import { Duration, DurationLine } from "./duration";

export const ROW_HEIGHT = 28;

interface Props {
  call: ToolCall;
  index: number;
  top: number;
  isActive: boolean;
  onOpen: (id: string) => void;
}

/** What marks a row at its edge, and tints it. */
const MARKS: Partial<Record<ToolCall["status"], string>> = {
  error: "border-l-error! bg-error/8",
  timeout: "border-l-timeout!",
  running: "border-l-running!",
};

export const CallRow = memo(function CallRow({ call, index, top, isActive, onOpen }: Props) {
  useZone();
  const { time, fraction } = clockParts(call.started_at);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the grid has the keyboard for all its rows
    <div
      role="row"
      id={`call-${call.id}`}
      tabIndex={-1}
      aria-rowindex={index + 2}
      aria-selected={isActive}
      onClick={() => onOpen(call.id)}
      style={{ height: ROW_HEIGHT, transform: `translateY(${top}px)` }}
      className={clsx(
        "call-grid absolute inset-x-0 top-0 cursor-pointer [contain:strict] border-b border-b-border-subtle font-mono text-xs",
        MARKS[call.status],
        isActive ? "bg-selected! outline-1 outline-accent -outline-offset-1" : "hover:bg-hover",
      )}
    >
      <span role="gridcell" className="text-muted">
        {time}
        <span className="call-medium text-faint">{fraction}</span>
      </span>
      <span role="gridcell" className="min-w-0 font-sans">
        <Status status={call.status} />
      </span>
      <span role="gridcell" className="truncate font-semibold">
        {call.tool_name}
      </span>
      <span role="gridcell" className="call-wide truncate text-muted">
        {call.server_name ?? "—"}
      </span>
      <span role="gridcell" className="relative flex h-full items-center justify-end font-semibold">
        <Duration call={call} />
        <DurationLine call={call} />
      </span>
      <span role="gridcell" className="call-wide truncate text-muted">
        {clientTitle(call.client)}
      </span>
      <span role="gridcell" className="call-medium truncate text-muted">
        <CallSummary call={call} />
      </span>
    </div>
  );
});

/** Why it failed, or else what it was called with. */
function CallSummary({ call }: { call: ToolCall }) {
  const t = useT();
  if (call.status !== "success" && call.status !== "running") {
    const line = failure(call) ?? t(`toolCalls.errorKinds.${failureKind(call)}`);
    return <span className={STATUS_TEXT[call.status]}>{line}</span>;
  }
  return call.arguments_preview;
}
