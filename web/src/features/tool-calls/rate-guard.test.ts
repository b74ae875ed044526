import { describe, expect, it } from "vitest";
import { MOST_PER_SECOND, RateGuard, WINDOW_MS } from "./rate-guard";

/** Counts calls that come evenly, each twice where it also ends; until when they came. */
function stream(guard: RateGuard, perSecond: number, seconds: number, endsAfterMs?: number) {
  for (let call = 0; call < perSecond * seconds; call += 1) {
    const at = (call * 1_000) / perSecond;
    guard.count(`${call}`, at);
    if (endsAfterMs !== undefined) guard.count(`${call}`, at + endsAfterMs);
  }
  return seconds * 1_000;
}

describe("the guard of the live list", () => {
  it("lets a busy list move, and stops one that nobody can read", () => {
    const busy = new RateGuard();
    expect(busy.isFlooded(stream(busy, MOST_PER_SECOND, 10))).toBe(false);
    const wild = new RateGuard();
    expect(wild.isFlooded(stream(wild, 2 * MOST_PER_SECOND, 10))).toBe(true);
  });

  it("takes the beginning and the end of a call for one row", () => {
    const guard = new RateGuard();
    expect(guard.isFlooded(stream(guard, MOST_PER_SECOND, 10, 3))).toBe(false);
  });

  it("lets a gust pass that is no more than a steady stream brings", () => {
    const guard = new RateGuard();
    for (let call = 0; call < 2 * MOST_PER_SECOND; call += 1) guard.count(`${call}`, 5);
    expect(guard.isFlooded(5)).toBe(false);
  });

  it("lets it move again when it is calm", () => {
    const guard = new RateGuard();
    for (let call = 0; call < 5 * MOST_PER_SECOND; call += 1) guard.count(`${call}`, 5);
    expect(guard.isFlooded(2_000)).toBe(true);
    guard.count("later", WINDOW_MS + 5);
    expect(guard.isFlooded(WINDOW_MS + 5)).toBe(false);
  });
});
