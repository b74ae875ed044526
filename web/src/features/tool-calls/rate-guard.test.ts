import { describe, expect, it } from "vitest";
import { MOST_PER_SECOND, RateGuard } from "./rate-guard";

describe("the guard of the live list", () => {
  it("lets a busy list move, and stops one that nobody can read", () => {
    const guard = new RateGuard();
    for (let call = 0; call < MOST_PER_SECOND; call += 1) guard.count(call * 9);
    expect(guard.isFlooded(900)).toBe(false);
    guard.count(950);
    expect(guard.isFlooded(950)).toBe(true);
  });

  it("lets it move again when it is calm", () => {
    const guard = new RateGuard();
    for (let call = 0; call <= MOST_PER_SECOND; call += 1) guard.count(5);
    expect(guard.isFlooded(2_000)).toBe(true);
    guard.count(2_500);
    expect(guard.isFlooded(2_500)).toBe(false);
  });
});
