import { describe, expect, it } from "vitest";
import { changeOf, isWelcome } from "./compare";

describe("a number beside the one of the period before", () => {
  it("says by how much it changed", () => {
    expect(changeOf(150, 100)).toEqual({ ratio: 0.5, direction: "up" });
    expect(changeOf(50, 100)).toEqual({ ratio: -0.5, direction: "down" });
    expect(changeOf(0.930_1, 0.93)?.direction).toBe("same");
    expect(changeOf(0, 0)).toEqual({ ratio: undefined, direction: "same" });
  });

  it("has no ratio to nothing, and no change where a number is missing", () => {
    expect(changeOf(5, 0)).toEqual({ ratio: undefined, direction: "up" });
    expect(changeOf(null, 5)).toBeUndefined();
    expect(changeOf(5, undefined)).toBeUndefined();
  });

  it("is welcome in the direction that is better", () => {
    expect(isWelcome({ ratio: 1, direction: "up" }, "down")).toBe(false);
    expect(isWelcome({ ratio: 1, direction: "up" }, "up")).toBe(true);
    expect(isWelcome({ ratio: 1, direction: "up" }, undefined)).toBeUndefined();
    expect(isWelcome({ ratio: 0, direction: "same" }, "up")).toBeUndefined();
  });
});
