import { describe, expect, it } from "vitest";
import { parseSearch, stringifySearch } from "@/lib/search-params";
import { only, readFilter, spanOf, toParams, withQuery, withRange } from "./search";

describe("the address of a view of calls", () => {
  it("reads back as it was written", () => {
    const address = "?last=1h&q=status%3Aerror+tool%3Acreate_*+%22rate+limit%22";
    expect(stringifySearch({ ...readFilter(parseSearch(address)) })).toBe(address);
  });

  it("says nothing of the default range", () => {
    expect(readFilter({ last: "30m" })).toEqual({});
    expect(toParams({})).toEqual({ last: "30m" });
    expect(withRange({ last: "1h", q: "a" }, { last: "30m" })).toEqual({ q: "a" });
  });

  it("takes fields that were named by hand into the query", () => {
    expect(readFilter({ status: ["error", "timeout"], tool: "a b", q: "x" })).toEqual({
      q: 'x status:(error OR timeout) tool:"a b"',
    });
  });

  it("keeps a query that cannot be read, so that its mistake can be shown", () => {
    expect(readFilter({ q: "stauts:error", status: "error" })).toEqual({ q: "stauts:error" });
  });

  it("prefers a fixed range, and an end only behind its start", () => {
    const from = "2026-11-22T14:00:00Z";
    expect(readFilter({ from, to: "2026-11-22T13:00:00Z", last: "1h" })).toEqual({ from });
    expect(spanOf({ last: "1h" }, 7_200_000)).toEqual({ from: 3_600_000, to: 7_200_000 });
  });

  it("narrows to one value, and widens again", () => {
    const one = only({ call: "c", q: "tool:(a OR b) x" }, "tool", "c");
    expect(one).toEqual({ call: "c", q: "x tool:c" });
    expect(withQuery(one, null)).toEqual({ call: "c" });
  });
});
