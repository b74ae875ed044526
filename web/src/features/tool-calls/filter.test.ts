import { describe, expect, it } from "vitest";
import { parseSearch, stringifySearch } from "@/lib/search-params";
import { justAfter } from "./calls";
import { cleared, filterOf, readSearch, toggled, toQuery } from "./filter";

describe("the address of the call list", () => {
  it("reads back as it was written", () => {
    const address = "?last=1h&status=error&status=timeout&tool=echo&server=demo&call=0199";
    expect(stringifySearch({ ...readSearch(parseSearch(address)) })).toBe(address);
  });

  it("says nothing of the default range", () => {
    expect(readSearch({ last: "30m" })).toEqual({});
    expect(toQuery({})).toEqual({ last: "30m" });
  });

  it("drops what makes no sense in it", () => {
    expect(
      readSearch({ last: "soon", status: ["wrong", "error", "error"], to: "x", from: "y" }),
    ).toEqual({
      status: ["error"],
    });
  });

  it("prefers a fixed range, and an end only behind its start", () => {
    const from = "2026-11-22T14:00:00Z";
    expect(readSearch({ from, to: "2026-11-22T13:00:00Z", last: "1h" })).toEqual({ from });
    expect(toQuery({ from })).toEqual({ from });
  });

  it("takes a value in and out of a field", () => {
    const one = toggled({ call: "c" }, "tool", "echo");
    expect(one).toEqual({ call: "c", tool: ["echo"] });
    expect(toggled(one, "tool", "echo")).toEqual({ call: "c" });
    expect(cleared({ ...one, last: "1h" })).toEqual({ call: "c", last: "1h" });
    expect(filterOf(one)).toEqual({ tool: ["echo"] });
  });
});

describe("the moment behind a call", () => {
  it("is one microsecond later, over every boundary", () => {
    expect(justAfter("2026-11-22T14:00:00.000001Z")).toBe("2026-11-22T14:00:00.000002Z");
    expect(justAfter("2026-11-22T23:59:59.999999Z")).toBe("2026-11-23T00:00:00.000Z");
  });
});
