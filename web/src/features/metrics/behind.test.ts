import { describe, expect, it } from "vitest";
import { parseQuery } from "@/lib/query/parser";
import { atLeast, behindRow, withStatuses } from "./behind";

describe("the calls behind a mark", () => {
  const filter = { last: "1h", q: "server:demo" };

  it("are those of the filter, narrowed to the mark", () => {
    expect(withStatuses(filter, ["error"])).toEqual({ last: "1h", q: "server:demo status:error" });
    expect(atLeast(filter, 1_500_000).q).toBe("server:demo duration:>=1500ms");
    expect(behindRow(filter, "tool", { value: "add", server_name: "demo" }, false).q).toBe(
      "tool:add server:demo",
    );
    expect(behindRow({}, "error_kind", { value: "tool_error" }, true)).toEqual({
      q: "kind:tool_error",
    });
    expect(behindRow({}, "server", { value: "two words" }, true).q).toBe(
      'status:(error OR timeout OR cancelled) server:"two words"',
    );
  });

  it("are found by their message, whatever stands in it", () => {
    for (const value of ['it said "no"', "a: b (c) *", "!!!", `${"word ".repeat(39)}trunc`]) {
      const { q } = behindRow({}, "error_message", { value }, true);
      expect(parseQuery(q ?? "").problem, value).toBeUndefined();
    }
    const long = `${"abcd ".repeat(39)}trunc`;
    expect(behindRow({}, "error_message", { value: long }, true).q).not.toContain("trunc");
  });
});
