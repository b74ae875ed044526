import { describe, expect, it, vi } from "vitest";

vi.stubGlobal("matchMedia", () => ({ addEventListener: () => undefined }));
vi.stubGlobal("navigator", { language: "en" });
const { drawnSeries, plotData } = await import("./plot");

const shape = (kind: "stack" | "lines") => ({
  kind,
  stepMs: 1_000,
  format: String,
  onCursor: () => undefined,
  onOpen: () => undefined,
  onZoom: () => undefined,
  series: [
    { label: "error", colour: "--a", values: [1, 0, null] },
    { label: "success", colour: "--b", values: [2, 5, 0] },
  ],
});

describe("what is drawn", () => {
  it("of a stack is the tallest first, each on those below it", () => {
    expect(plotData([10, 11, 12], shape("stack"))).toEqual([
      [10, 11, 12],
      [3, 5, 0],
      [1, 0, 0],
    ]);
    expect(drawnSeries(shape("stack")).map(({ label }) => label)).toEqual(["success", "error"]);
  });

  it("of lines keeps gaps as gaps, and nothing below the least of a logarithm", () => {
    expect(plotData([10, 11, 12], shape("lines"))).toEqual([
      [10, 11, 12],
      [1, 0, null],
      [2, 5, 0],
    ]);
  });
});
