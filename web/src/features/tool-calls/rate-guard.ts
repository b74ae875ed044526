/** More calls a second than anybody can read. */
export const MOST_PER_SECOND = 100;
const WINDOW_MS = 1_000;
/** So long after the last flood the rows move again. */
const CALM_MS = 2_000;

/** Notices when calls arrive faster than rows may move. */
export class RateGuard {
  private start = Number.NEGATIVE_INFINITY;
  private readonly counted = new Set<string>();
  private floodedAt = Number.NEGATIVE_INFINITY;

  /**
   * Counts a call that arrived, `now` in milliseconds of any steady clock. That it runs and that it
   * ended is one row.
   */
  count(id: string, now: number): void {
    if (now - this.start >= WINDOW_MS) {
      this.start = now;
      this.counted.clear();
    }
    this.counted.add(id);
    if (this.counted.size > MOST_PER_SECOND) this.floodedAt = now;
  }

  isFlooded(now: number): boolean {
    return now - this.floodedAt < CALM_MS;
  }
}
