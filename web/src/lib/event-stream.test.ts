import { describe, expect, it } from "vitest";
import { EventStreamParser } from "./event-stream";

const STREAM =
  ': live\nretry: 2000\n\nevent: call\ndata: {"a":1}\n\nevent: call\r\ndata: one\r\ndata: two\r\nid: c2\r\n\r\nid: c3\n\ndata:bare\n\n';

describe("an event stream", () => {
  it("reads the same however it is cut into pieces", () => {
    const whole = new EventStreamParser().push(STREAM);
    expect(whole).toEqual([
      { event: "call", data: '{"a":1}', id: "" },
      { event: "call", data: "one\ntwo", id: "c2" },
      { event: "message", data: "bare", id: "c3" },
    ]);
    for (let size = 1; size < 12; size += 1) {
      const parser = new EventStreamParser();
      const pieces = STREAM.match(new RegExp(`[\\s\\S]{1,${size}}`, "g")) ?? [];
      expect(
        pieces.flatMap((piece) => parser.push(piece)),
        `pieces of ${size}`,
      ).toEqual(whole);
    }
  });

  it("remembers an id that comes without an event", () => {
    const parser = new EventStreamParser("c0");
    expect(parser.lastId).toBe("c0");
    expect(parser.push("id: c1\n\n")).toEqual([]);
    expect(parser.lastId).toBe("c1");
  });

  it("dispatches nothing before the blank line", () => {
    const parser = new EventStreamParser();
    expect(parser.push("data: half")).toEqual([]);
    expect(parser.push("\n")).toEqual([]);
    expect(parser.push("\n")).toHaveLength(1);
  });
});
