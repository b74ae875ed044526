import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Paced } from "./paced";

describe("paced work", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  function counted(tookMs: number) {
    const seen = { count: 0 };
    const work = () => {
      seen.count += 1;
      return new Promise((done) => setTimeout(done, tookMs));
    };
    return { seen, paced: new Paced(work, 1_000) };
  }

  it("is done at once, and once more for all who asked meanwhile", async () => {
    const { seen, paced } = counted(10);
    for (let time = 0; time < 5; time += 1) paced.ask();
    expect(seen.count).toBe(1);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(seen.count).toBe(1);
    await vi.advanceTimersByTimeAsync(10);
    expect(seen.count).toBe(2);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(seen.count).toBe(2);
  });

  it("rests the longer the more it costs", async () => {
    const { seen, paced } = counted(2_000);
    paced.ask();
    await vi.advanceTimersByTimeAsync(2_000);
    paced.ask();
    await vi.advanceTimersByTimeAsync(5_999);
    expect(seen.count).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(seen.count).toBe(2);
  });

  it("ends when it is stopped", async () => {
    const { seen, paced } = counted(10);
    paced.ask();
    paced.ask();
    paced.stop();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(seen.count).toBe(1);
  });
});
