import { describe, expect, it } from "vitest";
import { withNewest } from "./newest-first";

function page(ids: number[], hasOlder = false) {
  return {
    data: ids.map((id) => ({ id: String(id), seen: ids[0] })),
    page: { older: hasOlder ? "older" : null, has_older: hasOlder },
  };
}

const ids = (list: { rows: { id: string }[] }) => list.rows.map(({ id }) => Number(id));

describe("a list that grows on top", () => {
  const first = withNewest(undefined, page([5, 4, 3], true));

  it("takes what is new, and what changed in its place", () => {
    const next = withNewest(first, page([7, 6, 5], true));
    expect(ids(next)).toEqual([7, 6, 5, 4, 3]);
    expect(next.rows[2]).toEqual({ id: "5", seen: 7 });
    expect(next).toMatchObject({ hasOlder: true, older: "older" });
  });

  it("starts over where a gap would be hidden", () => {
    expect(ids(withNewest(first, page([99, 98], true)))).toEqual([99, 98]);
  });

  it("takes a whole list as it is", () => {
    expect(ids(withNewest(withNewest(undefined, page([])), page([1])))).toEqual([1]);
  });
});
