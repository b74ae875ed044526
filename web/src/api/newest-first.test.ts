import { describe, expect, it } from "vitest";
import { withNewer, withNewest } from "./newest-first";

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

  it("of rows that never change reads only what came since, to its end", async () => {
    const asked: (string | undefined)[] = [];
    const pages = [page([7, 6]), page([8]), page([])];
    const before = { ...first, newer: "behind 5" };
    const next = await withNewer(before, async ({ cursor }) => {
      asked.push(cursor);
      const { data, page: places } = pages.shift() ?? page([]);
      return { data, page: { ...places, newer: `behind ${data[0]?.id}` } };
    });
    expect(asked).toEqual(["behind 5", "behind 7", "behind 8"]);
    expect(ids(next)).toEqual([8, 7, 6, 5, 4, 3]);
    expect(next).toMatchObject({ older: "older", newer: "behind 8", hasOlder: true });
  });
});
