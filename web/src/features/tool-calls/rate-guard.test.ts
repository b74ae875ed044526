import { describe, expect, it } from "vitest";
import { MOST_PER_SECOND, RateGuard } from "./rate-guard";

describe("the guard of the live list", () => {
  it("lets a busy list move, and stops one that nobody can read", () => {
    const guard = new RateGuard();
    for (let call = 0; call < MOST_PER_SECOND; call += 1) guard.count(`${call}`, call * 9);
    expect(guard.isFlooded(900)).toBe(false);
    guard.count("one more", 950);
    expect(guard.isFlooded(950)).toBe(true);
  });

  it("takes the beginning and the end of a call for one row", () => {
    const guard = new RateGuard();
    for (let call = 0; call < MOST_PER_SECOND; call += 1) {
      for (const at of [0, 3]) guard.count(`${call}`, call * 9 + at);
    }
    expect(guard.isFlooded(900)).toBe(false);
  });

  it("lets it move again when it is calm", () => {
    const guard = new RateGuard();
    for (let call = 0; call <= MOST_PER_SECOND; call += 1) guard.count(`${call}`, 5);
    expect(guard.isFlooded(2_000)).toBe(true);
    guard.count("later", 2_500);
    expect(guard.isFlooded(2_500)).toBe(false);
  });
});
