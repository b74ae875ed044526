import { describe, expect, it } from "vitest";
import type { ToolCall } from "@/api/types";
import { addOlder, catchUp, firstPage, MOST_ROWS, merge, showPending, takeLive } from "./buffer";
import { call, calls, running } from "./testing";

function page(data: ToolCall[], hasOlder = false) {
  return {
    data,
    page: { older: hasOlder ? "older" : null, newer: "newer", has_older: hasOlder },
    meta: { from: "2026-11-22T13:30:00.000000Z" },
  };
}

function ids(rows: ToolCall[]): number[] {
  return rows.map(({ id }) => Number(id.slice(5)));
}

describe("calls that arrive live", () => {
  it("go on top, newest first, when the reader is there", () => {
    const buffer = takeLive(firstPage(page(calls(3, 1))), [call(4), call(5)], true);
    expect(ids(buffer.rows)).toEqual([5, 4, 3, 2, 1]);
    expect(buffer.pendingCount).toBe(0);
  });

  it("wait while the reader is further down, and move nothing", () => {
    const before = firstPage(page(calls(3, 1)));
    const buffer = takeLive(takeLive(before, [call(4)], false), [call(6), call(5)], false);
    expect(buffer.rows).toBe(before.rows);
    expect(buffer.pendingCount).toBe(3);
    expect(ids(showPending(buffer).rows)).toEqual([6, 5, 4, 3, 2, 1]);
  });

  it("wait even where they started before what is shown", () => {
    const buffer = takeLive(firstPage(page([call(5), call(3)])), [call(4)], false);
    expect(ids(buffer.rows)).toEqual([5, 3]);
    expect(ids(showPending(buffer).rows)).toEqual([5, 4, 3]);
  });

  it("are each there once, however often they are told", () => {
    const once = takeLive(firstPage(page([])), [call(1), call(1)], false);
    const twice = takeLive(once, [call(1), call(2)], false);
    expect(twice.pendingCount).toBe(2);
    expect(ids(showPending(twice).rows)).toEqual([2, 1]);
  });

  it("end in their place, wherever the reader is", () => {
    const before = firstPage(page([call(3), running(2), call(1)]));
    const buffer = takeLive(before, [call(2, { duration_us: 9 })], false);
    expect(ids(buffer.rows)).toEqual([3, 2, 1]);
    expect(buffer.rows[1]).toMatchObject({ status: "success", duration_us: 9 });
    expect(buffer.pendingCount).toBe(0);
    expect(buffer.rows[0]).toBe(before.rows[0]);
  });

  it("never run again once they ended, whatever arrives late", () => {
    const shown = takeLive(firstPage(page([call(1)])), [running(1)], true);
    expect(shown.rows[0]?.status).toBe("success");
    const waiting = takeLive(firstPage(page([])), [call(1), running(1)], false);
    expect(showPending(waiting).rows[0]?.status).toBe("success");
  });

  it("are left to scrolling where they lie behind the last row", () => {
    const buffer = takeLive(firstPage(page(calls(9, 5), true)), [call(2), call(10)], true);
    expect(ids(buffer.rows)).toEqual([10, 9, 8, 7, 6, 5]);
  });
});

describe("the number of rows", () => {
  it("stays below its cap; what is cut is read again by time", () => {
    const full = firstPage(page(calls(MOST_ROWS, 1)));
    const buffer = takeLive(full, [call(MOST_ROWS + 1), call(MOST_ROWS + 2)], true);
    expect(buffer.rows).toHaveLength(MOST_ROWS);
    expect(ids(buffer.rows)[0]).toBe(MOST_ROWS + 2);
    expect(buffer).toMatchObject({ hasOlder: true, older: null });
  });

  it("of waiting calls has a cap too, and no gap stays when it was passed", () => {
    const before = firstPage(page(calls(2, 1)));
    const buffer = takeLive(before, calls(MOST_ROWS + 10, 3), false);
    expect(buffer.pendingCount).toBe(MOST_ROWS + 8);
    expect(buffer.pending).toHaveLength(MOST_ROWS);
    const shown = showPending(buffer);
    expect(ids(shown.rows).at(-1)).toBe(11);
    expect(shown).toMatchObject({ hasOlder: true, older: null, pendingCount: 0 });
  });
});

describe("older calls", () => {
  it("are added behind the last row with the cursor that goes on", () => {
    const buffer = firstPage(page(calls(9, 5), true));
    const more = addOlder(buffer, page(calls(5, 2), true), "call-000005");
    expect(ids(more.rows)).toEqual([9, 8, 7, 6, 5, 4, 3, 2]);
    expect(more.older).toBe("older");
  });

  it("are refused when the end has moved while they were read", () => {
    const buffer = firstPage(page(calls(9, 5), true));
    expect(addOlder(buffer, page(calls(3, 1)), "call-000004")).toBe(buffer);
  });
});

describe("after a break", () => {
  it("a page that meets the rows closes the gap", () => {
    const buffer = catchUp(firstPage(page(calls(5, 1))), page(calls(8, 4), true), true);
    expect(ids(buffer.rows)).toEqual([8, 7, 6, 5, 4, 3, 2, 1]);
  });

  it("a page that does not meet them takes their place, so that no gap is hidden", () => {
    const buffer = catchUp(firstPage(page(calls(5, 1))), page(calls(99, 90), true), true);
    expect(ids(buffer.rows)).toEqual([99, 98, 97, 96, 95, 94, 93, 92, 91, 90]);
    expect(buffer).toMatchObject({ hasOlder: true, older: null });
  });

  it("the reader further down keeps the rows until he asks for the new ones", () => {
    const before = firstPage(page(calls(5, 1)));
    const buffer = catchUp(before, page(calls(99, 90), true), false);
    expect(buffer.rows).toBe(before.rows);
    expect(ids(showPending(buffer).rows).at(-1)).toBe(90);
  });
});

describe("merging", () => {
  it("gives one order whatever order things come in", () => {
    const all = calls(30, 1);
    const shuffled = [...all].sort(
      (one, other) => ((Number(one.id.slice(5)) * 7) % 31) - ((Number(other.id.slice(5)) * 7) % 31),
    );
    let rows: ToolCall[] = [];
    for (let at = 0; at < shuffled.length; at += 4) rows = merge(rows, shuffled.slice(at, at + 4));
    expect(ids(rows)).toEqual(ids(all));
  });
});
