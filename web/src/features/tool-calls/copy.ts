import type { ToolCall } from "@/api/types";
import { type Json, printJson } from "@/lib/json";

/** The arguments of a call, where all of them are there to be read. */
export function argumentsOf({ arguments: payload }: ToolCall): Record<string, Json> | undefined {
  const value = payload?.value as Json | undefined;
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  return isObject && !payload?.is_truncated ? (value as Record<string, Json>) : undefined;
}

/** The request as the client sent it. */
export function asJsonRpc(call: ToolCall): string {
  const given = argumentsOf(call);
  const params = {
    name: call.exposed_name,
    ...(given ? { arguments: given } : {}),
  };
  const request = { jsonrpc: "2.0", id: requestId(call), method: "tools/call", params };
  return printJson(request);
}

/** A command that makes the same call through the REST API, with a key out of the environment. */
export function asCurl(call: ToolCall, origin: string, project: string): string {
  const path = ["projects", project, "servers", call.server_name ?? "", "tools", call.tool_name];
  const url = `${origin}/api/v1/${path.map(encodeURIComponent).join("/")}/call`;
  const body = printJson({ arguments: argumentsOf(call) ?? {} });
  return [
    `curl --request POST ${quoted(url)} \\`,
    `  --header "Authorization: Bearer $MCPORCH_API_KEY" \\`,
    `  --header 'Content-Type: application/json' \\`,
    `  --data ${quoted(body)}`,
  ].join("\n");
}

/** The id of a request is a number or a text, as it was written. */
function requestId({ request_id: id }: ToolCall): Json {
  if (id === null) return null;
  try {
    const read = JSON.parse(id) as Json;
    return typeof read === "number" || typeof read === "string" ? read : id;
  } catch {
    return id;
  }
}

/** For a POSIX shell: nothing is special within single quotes but themselves. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
