import type { ToolCall } from "@/api/types";

const START = Date.parse("2026-11-22T14:00:00Z");

/** A call that started so many seconds after two o'clock; its id follows from it. */
export function call(second: number, changes: Partial<ToolCall> = {}): ToolCall {
  return {
    id: `call-${String(second).padStart(6, "0")}`,
    project_id: "p",
    server_id: null,
    server_name: "demo",
    session_id: null,
    request_id: "1",
    tool_name: "echo",
    exposed_name: "demo__echo",
    door: "streamable_http",
    client_revision: null,
    upstream_revision: null,
    bridged: [],
    downgrades: [],
    status: "success",
    error_kind: null,
    error_code: null,
    error_message: null,
    started_at: new Date(START + second * 1_000).toISOString().replace("Z", "000Z"),
    duration_us: 1_000,
    queue_us: null,
    connect_us: null,
    upstream_us: null,
    payloads: "left_out",
    arguments: null,
    arguments_preview: null,
    storage_note: null,
    result: null,
    principal: { user_id: null, api_key_id: null },
    client: { name: null, version: null, type: null, user_agent: null, ip_address: null },
    trace_id: null,
    span_id: null,
    tool_version: null,
    rounds: 1,
    stderr_excerpt: null,
    ...changes,
  };
}

export function running(second: number): ToolCall {
  return call(second, { status: "running", duration_us: null });
}

/** Calls from the newest second down to the oldest. */
export function calls(newest: number, oldest: number): ToolCall[] {
  return Array.from({ length: newest - oldest + 1 }, (_, index) => call(newest - index));
}
