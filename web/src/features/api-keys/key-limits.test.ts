import { describe, expect, it } from "vitest";
import { readLimits } from "./key-limits";

function form(values: Record<string, string>, scopes = ["tools:call"]): FormData {
  const data = new FormData();
  for (const [name, value] of Object.entries(values)) data.append(name, value);
  for (const scope of scopes) data.append("scopes", scope);
  return data;
}

describe("the limits of a key", () => {
  it("are read from lines, commas and spaces alike", () => {
    expect(readLimits(form({ ip_ranges: "10.0.0.0/8, ::1\n127.0.0.1", tools: "a/* */b" }))).toEqual(
      {
        scopes: ["tools:call"],
        ip_ranges: ["10.0.0.0/8", "::1", "127.0.0.1"],
        rate_limit_per_minute: null,
        tools: ["a/*", "*/b"],
      },
    );
    expect(readLimits(form({ rate: "60" }))).toMatchObject({ rate_limit_per_minute: 60 });
  });

  it("need one scope, and a rate that is a number", () => {
    expect(readLimits(form({}, []))).toBe("scopes");
    expect(readLimits(form({ rate: "0" }))).toBe("rate");
    expect(readLimits(form({ rate: "many" }))).toBe("rate");
  });
});
