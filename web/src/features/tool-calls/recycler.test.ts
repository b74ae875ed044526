import { describe, expect, it } from "vitest";
import { Recycler } from "./recycler";

describe("the elements of rows", () => {
  it("stay with their rows, whatever comes above", () => {
    const recycler = new Recycler();
    const [a, b, c] = recycler.place(["a", "b", "c"]);
    expect(recycler.place(["new", "a", "b"])).toEqual([c, a, b]);
  });

  it("go to the rows that come into sight", () => {
    const recycler = new Recycler();
    const before = recycler.place(["a", "b", "c", "d"]);
    const after = recycler.place(["c", "d", "e", "f"]);
    expect(after.slice(0, 2)).toEqual(before.slice(2));
    expect(after.toSorted()).toEqual(before.toSorted());
  });

  it("are as many as there are rows, and no two rows share one", () => {
    const recycler = new Recycler();
    const ids = Array.from({ length: 40 }, (_, index) => `${index}`);
    for (const [from, to] of [
      [0, 10],
      [5, 25],
      [20, 22],
      [0, 40],
      [30, 40],
    ] as const) {
      const slots = recycler.place(ids.slice(from, to));
      expect(new Set(slots).size).toBe(to - from);
    }
  });
});
