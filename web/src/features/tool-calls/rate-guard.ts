/** More calls a second than anybody can read. */
export const MOST_PER_SECOND = 100;
/** Over which time they are counted, as the network brings a steady stream in gusts. */
export const WINDOW_MS = 3_000;
/** What a steady stream of so many is more, now and then. */
const GUST = 1.1;
const MOST_IN_WINDOW = (GUST * MOST_PER_SECOND * WINDOW_MS) / 1_000;
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
    if (this.counted.size > MOST_IN_WINDOW) this.floodedAt = now;
  }

  isFlooded(now: number): boolean {
    return now - this.floodedAt < CALM_MS;
  }
}
