/** A rest lasts so many times as long as the work before it. */
const REST = 3;

/**
 * Does something whenever it is asked to: at once, and after a rest that grows with what it costs.
 * However often it was asked meanwhile, it is then done once.
 */
export class Paced {
  private state: "idle" | "busy" | "stopped" = "idle";
  private isWanted = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly work: () => Promise<unknown>,
    private readonly leastRestMs: number,
  ) {}

  ask(): void {
    this.isWanted = true;
    if (this.state === "idle") void this.run();
  }

  stop(): void {
    this.state = "stopped";
    clearTimeout(this.timer);
  }

  private async run(): Promise<void> {
    this.state = "busy";
    this.isWanted = false;
    const from = performance.now();
    await this.work();
    const restMs = Math.max(this.leastRestMs, REST * (performance.now() - from));
    if (this.isStopped()) return;
    this.timer = setTimeout(() => {
      this.state = "idle";
      if (this.isWanted) void this.run();
    }, restMs);
  }

  private isStopped(): boolean {
    return this.state === "stopped";
  }
}
