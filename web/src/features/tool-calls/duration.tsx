import type { ToolCall } from "@/api/types";
import { useNow } from "@/lib/use-now";
import { durationText, isUnended } from "./describe";

/** How long a call took, or takes so far. */
export function Duration({ call }: { call: ToolCall }) {
  return isUnended(call) ? <Elapsed call={call} /> : <span>{durationText(call, 0)}</span>;
}

function Elapsed({ call }: { call: ToolCall }) {
  const now = useNow(1_000);
  return <span className="text-running">{durationText(call, now)}</span>;
}
