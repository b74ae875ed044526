import { describe, expect, it } from "vitest";
import type { Payload } from "@/api/types";
import { ExactNumber } from "@/lib/json";
import { argumentsOf, asCurl, asJsonRpc } from "./copy";
import { call } from "./testing";

function payload(value: unknown, changes: Partial<Payload> = {}): Payload {
  return { value, text: null, is_truncated: false, size_bytes: 1, sha256: null, ...changes };
}

const made = call(1, {
  request_id: "7",
  arguments: payload({ text: "it's", id: new ExactNumber("12345678901234567890") }),
});

describe("a call that is copied", () => {
  it("is the client's own request", () => {
    expect(JSON.parse(asJsonRpc(made))).toMatchObject({
      jsonrpc: "2.0",
      id: 7,
      method: "tools/call",
      params: { name: "demo__echo", arguments: { text: "it's" } },
    });
    expect(asJsonRpc(made)).toContain("12345678901234567890");
    expect(JSON.parse(asJsonRpc(call(1, { request_id: "abc" })))).toMatchObject({ id: "abc" });
  });

  it("is a command that no text in it can break out of", () => {
    const command = asCurl(made, "http://127.0.0.1:8080", "acme");
    expect(command).toContain(
      "'http://127.0.0.1:8080/api/v1/projects/acme/servers/demo/tools/echo/call'",
    );
    expect(command).toContain(`"it'\\''s"`);
    expect(command).toContain("$MCPORCH_API_KEY");
  });

  it("has no arguments where they were cut or hidden", () => {
    expect(argumentsOf(made)).toBeDefined();
    expect(
      argumentsOf(call(1, { arguments: payload(null, { text: "{", is_truncated: true }) })),
    ).toBeUndefined();
    expect(argumentsOf(call(1))).toBeUndefined();
  });
});
