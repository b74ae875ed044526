/** More calls a second than anybody can read. */
export const MOST_PER_SECOND = 100;
const WINDOW_MS = 1_000;
/** So long after the last flood the rows move again. */
const CALM_MS = 2_000;

/** Notices when calls arrive faster than rows may move. */
export class RateGuard {
  private start = Number.NEGATIVE_INFINITY;
  private counted = 0;
  private floodedAt = Number.NEGATIVE_INFINITY;

  /** Counts a call that arrived, `now` in milliseconds of any steady clock. */
  count(now: number): void {
    if (now - this.start >= WINDOW_MS) {
      this.start = now;
      this.counted = 0;
    }
    this.counted += 1;
    if (this.counted > MOST_PER_SECOND) this.floodedAt = now;
  }

  isFlooded(now: number): boolean {
    return now - this.floodedAt < CALM_MS;
  }
}
