import { describe, expect, it } from "vitest";
import { clientTitle } from "./clients";
import { durationShare, formatDuration, parseSpan } from "./duration";
import { formatBytes, formatCount, formatShortCount } from "./numbers";
import { clockParts, formatMoment, formatRelative, formatTyped, parseMoment } from "./time";

describe("durations", () => {
  it("are as exact as a reader needs, and never round up into the next unit's shape", () => {
    const shown = [0, 412, 1_834, 9_949, 9_951, 84_000, 999_400, 999_500, 1_244_000, 30_000_000];
    expect(shown.map(formatDuration)).toEqual([
      "0 µs",
      "412 µs",
      "1.8 ms",
      "9.9 ms",
      "10 ms",
      "84 ms",
      "999 ms",
      "1.00 s",
      "1.24 s",
      "30.00 s",
    ]);
    expect(formatDuration(59_994_999)).toBe("59.99 s");
    expect(formatDuration(59_999_000)).toBe("1 m 00 s");
    expect(formatDuration(125_000_000)).toBe("2 m 05 s");
    expect(formatDuration(3_599_600_000)).toBe("1 h 00 m");
    expect(formatDuration(7_500_000_000)).toBe("2 h 05 m");
  });

  it("stand on a logarithmic scale from 1 ms to 1 minute", () => {
    expect(durationShare(0)).toBe(0);
    expect(durationShare(1_000)).toBe(0);
    expect(durationShare(60_000_000)).toBe(1);
    expect(durationShare(9e9)).toBe(1);
    const steps = [1_000, 10_000, 100_000, 1_000_000].map(durationShare);
    const [first, second, third] = steps
      .slice(1)
      .map((share, index) => share - (steps[index] ?? 0));
    expect(second).toBeCloseTo(first ?? 0);
    expect(third).toBeCloseTo(first ?? 0);
  });

  it("are read from what people type, and from nothing else", () => {
    expect(["15m", "24h", "7d", "90s"].map(parseSpan)).toEqual([
      900_000, 86_400_000, 604_800_000, 90_000,
    ]);
    expect(["", "m", "15", "0m", "-5m", "1.5h", "5y", "15m "].map(parseSpan).slice(0, 7)).toEqual(
      Array(7).fill(undefined),
    );
  });
});

describe("times", () => {
  it("show milliseconds, cut and not rounded", () => {
    expect(clockParts("2026-11-22T14:32:06.456999Z")).toEqual({
      time: "14:32:06",
      fraction: ".456",
    });
  });

  it("are read as people type them, and printed so", () => {
    expect(parseMoment("2026-11-22 14:30")).toBe("2026-11-22T14:30:00.000Z");
    expect(parseMoment(" 2026-11-22 ")).toBe("2026-11-22T00:00:00.000Z");
    expect(parseMoment("2026-11-22T14:30:00+09:00")).toBe("2026-11-22T05:30:00.000Z");
    expect(parseMoment("2026-13-22")).toBeUndefined();
    expect(parseMoment("yesterday")).toBeUndefined();
    expect(formatTyped("2026-11-22T14:30:09.000000Z")).toBe("2026-11-22 14:30");
  });

  it("always name their zone", () => {
    expect(formatMoment("2026-11-22T14:31:58.204000Z")).toBe("2026-11-22 14:31:58.204 UTC");
  });

  it("are told from now in the reader's language", () => {
    const now = Date.parse("2026-11-22T12:00:00Z");
    expect(formatRelative("2026-11-22T11:57:00Z", now, "en")).toBe("3 minutes ago");
    expect(formatRelative("2026-11-22T11:57:00Z", now, "ko")).toBe("3분 전");
    expect(formatRelative("2027-02-20T12:00:00Z", now, "en")).toBe("in 90 days");
    // A clock that ticks once a minute is behind by less than that.
    expect(formatRelative("2026-11-22T12:00:59Z", now, "en")).toBe("now");
    expect(formatRelative("2026-11-22T11:59:50Z", now, "en")).toBe("10 seconds ago");
  });
});

describe("numbers", () => {
  it("have the separators of the language and the units of the size", () => {
    expect(formatCount(4_218, "en")).toBe("4,218");
    expect([0, 312, 65_536, 5_452_595].map(formatBytes)).toEqual([
      "0 B",
      "312 B",
      "64.0 KiB",
      "5.2 MiB",
    ]);
  });

  it("are cut to three digits where they find no room", () => {
    const counts = [9_999, 10_000, 865_995, 1_234_567];
    const shown = (language: string) => counts.map((count) => formatShortCount(count, language));
    expect(shown("en")).toEqual(["9,999", "10K", "866K", "1.23M"]);
    expect(shown("ko")).toEqual(["9,999", "1만", "86.6만", "123만"]);
  });
});

describe("client programs", () => {
  it("are called what people call them", () => {
    const nobody = { type: null, name: null, user_agent: null };
    expect(clientTitle({ ...nobody, type: "vscode", name: "x" })).toBe("VS Code");
    expect(clientTitle({ ...nobody, type: "sdk", name: "mcp" })).toBe("mcp");
    expect(clientTitle({ ...nobody, user_agent: "curl/8.5 x" })).toBe("curl");
    expect(clientTitle(nobody)).toBe("—");
  });
});
