import { describe, expect, it } from "vitest";
import { failure, failureKind, timeParts } from "./describe";
import { call, running } from "./testing";

describe("what a row says", () => {
  it("puts a failure on one line, and has none where there is none", () => {
    const failed = call(1, { status: "error", error_code: -32602, error_message: "no\n  repo" });
    expect(failure(failed)).toBe("-32602 no repo");
    expect(failure(running(1))).toBeUndefined();
    expect(failureKind(call(1, { status: "timeout" }))).toBe("timeout");
    expect(failureKind(call(1, { status: "error" }))).toBe("unknown");
  });

  it("gives what no part claims to the gateway, and never less than nothing", () => {
    const parts = timeParts(call(1, { duration_us: 100, queue_us: 10, upstream_us: 60 }));
    expect(parts).toEqual([
      { part: "queue", us: 10 },
      { part: "upstream", us: 60 },
      { part: "gateway", us: 30 },
    ]);
    expect(timeParts(call(1, { duration_us: 5, upstream_us: 9 }))).toEqual([
      { part: "upstream", us: 9 },
    ]);
  });
});
