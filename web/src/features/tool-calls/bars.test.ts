import { describe, expect, it } from "vitest";
import { barPaths, totalsOf } from "./bars";

const counted = {
  t: [0, 60, 120],
  step_ms: 60_000,
  series: { success: [3, 0, 6], error: [1, 0, 2], timeout: [0, 0, 0] },
};

describe("the bars of a histogram", () => {
  it("stand on the failures", () => {
    expect(barPaths(counted, 8, 72)).toEqual([
      { status: "error", path: "M0.5 72V63M2.5 72V54" },
      { status: "success", path: "M0.5 63V36M2.5 54V0" },
    ]);
  });

  it("show a single call among thousands", () => {
    const one = { t: [0], step_ms: 60_000, series: { error: [1], success: [9_999] } };
    expect(barPaths(one, 10_000, 72)[0]?.path).toBe("M0.5 72V70.5");
  });

  it("count calls of every status", () => {
    expect(totalsOf(counted)).toEqual([4, 0, 8]);
  });
});
