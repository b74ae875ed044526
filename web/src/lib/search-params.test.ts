import { describe, expect, it } from "vitest";
import { parseSearch, stringifySearch } from "./search-params";

describe("an address", () => {
  it("keeps repeated names as a list and gives them back as they were", () => {
    const search = "?last=1h&status=error&status=timeout&tool=a%26b";
    expect(parseSearch(search)).toEqual({ last: "1h", status: ["error", "timeout"], tool: "a&b" });
    expect(stringifySearch(parseSearch(search))).toBe(search);
  });

  it("leaves no trace of what is absent", () => {
    expect(stringifySearch({ a: undefined, b: null, c: "", d: [] })).toBe("");
  });
});
