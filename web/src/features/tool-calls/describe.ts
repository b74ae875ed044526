import type { ToolCall } from "@/api/types";
import { formatDuration } from "@/lib/duration";

/** `-32602 Invalid params`: a failure on one line. */
export function failure(call: ToolCall): string | undefined {
  if (call.status === "success" || call.status === "running") return undefined;
  const said = [call.error_code, call.error_message].filter(
    (part) => part !== null && part !== undefined,
  );
  const line = said.join(" ").replace(/\s+/g, " ").trim();
  return line === "" ? undefined : line;
}

/** Which of the explained kinds of failure this is. */
export function failureKind(
  call: ToolCall,
): NonNullable<ToolCall["error_kind"]> | "timeout" | "cancelled" {
  if (call.error_kind) return call.error_kind;
  return call.status === "timeout" || call.status === "cancelled" ? call.status : "unknown";
}

export interface TimePart {
  part: "queue" | "connect" | "upstream" | "gateway";
  us: number;
}

/** Where the time of an ended call went; what no part claims was the gateway's own. */
export function timeParts(call: ToolCall): TimePart[] {
  const total = call.duration_us ?? 0;
  const queue = call.queue_us ?? 0;
  const connect = call.connect_us ?? 0;
  const upstream = call.upstream_us ?? 0;
  const parts: TimePart[] = [
    { part: "queue", us: queue },
    { part: "connect", us: connect },
    { part: "upstream", us: upstream },
    { part: "gateway", us: Math.max(0, total - queue - connect - upstream) },
  ];
  return parts.filter(({ us }) => us > 0);
}

/** It runs, and nobody knows yet for how long. */
export function isUnended({ status, duration_us: us }: ToolCall): boolean {
  return status === "running" && (us === null || us === undefined);
}

/** How long a call took, or takes so far at `now` (milliseconds). */
export function durationText(call: ToolCall, now: number): string {
  if (call.duration_us !== null && call.duration_us !== undefined) {
    return formatDuration(call.duration_us);
  }
  if (!isUnended(call)) return "—";
  // The clocks of server and browser may differ by a little.
  const seconds = Math.max(0, Math.floor((now - Date.parse(call.started_at)) / 1_000));
  return seconds < 60 ? `${seconds} s` : formatDuration(seconds * 1e6);
}
