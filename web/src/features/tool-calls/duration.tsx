import { clsx } from "clsx";
import type { ToolCall } from "@/api/types";
import { durationShare, formatDuration } from "@/lib/duration";
import { useNow } from "@/lib/use-now";

/** How long a call took, or takes so far. */
export function Duration({ call }: { call: ToolCall }) {
  if (call.duration_us === null || call.duration_us === undefined) {
    return call.status === "running" ? <Elapsed startedAt={call.started_at} /> : <span>—</span>;
  }
  return <span>{formatDuration(call.duration_us)}</span>;
}

export function Elapsed({ startedAt }: { startedAt: string }) {
  const now = useNow(1_000);
  // The clocks of server and browser may differ by a little.
  const seconds = Math.max(0, Math.floor((now - Date.parse(startedAt)) / 1_000));
  return (
    <span className="text-running">
      {seconds < 60 ? `${seconds} s` : formatDuration(seconds * 1e6)}
    </span>
  );
}

/** The duration once more as a line, on a logarithmic scale from 1 ms to 1 minute. */
export function DurationLine({ call, className }: { call: ToolCall; className?: string }) {
  if (!call.duration_us) return null;
  const share = Math.max(0.03, durationShare(call.duration_us));
  return (
    <span
      aria-hidden
      className={clsx("absolute bottom-[3px] left-0 h-px rounded-full bg-border-strong", className)}
      style={{ width: `${(share * 100).toFixed(1)}%`, height: 1.5 }}
    />
  );
}
