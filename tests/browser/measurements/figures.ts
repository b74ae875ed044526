import type { CDPSession, Page } from "@playwright/test";

/** One figure beside what it should be. */
export function say(what: string, figure: number, unit: string, budget = ""): void {
  const value = figure.toFixed(figure < 10 ? 1 : 0).padStart(8);
  console.log(`${what.padEnd(60)} ${value} ${unit.padEnd(4)} ${budget && `(${budget})`}`);
}

export function median(figures: number[]): number {
  return figures.toSorted((one, other) => one - other)[Math.floor(figures.length / 2)] ?? 0;
}

/** The processor time of the page's main thread so far, in milliseconds. */
export async function workedMs(session: CDPSession): Promise<number> {
  const { metrics } = await session.send("Performance.getMetrics");
  return 1_000 * (metrics.find(({ name }) => name === "ThreadTime")?.value ?? 0);
}

/** The longest task of the page from now on (those above 50 ms count); ask for it at the end. */
export async function watchTasks(page: Page): Promise<() => Promise<number>> {
  await page.evaluate(() => {
    const seen = window as unknown as { longestMs: number };
    seen.longestMs = 0;
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) {
        seen.longestMs = Math.max(seen.longestMs, duration);
      }
    }).observe({ type: "longtask" });
  });
  return () => page.evaluate(() => (window as unknown as { longestMs: number }).longestMs);
}

/** What there is to see, and from which moment on. */
interface Sight {
  selector: string;
  text: string;
  /** The end of the last answer whose address ends so; absent: the next key or click. */
  answer?: string;
}

/** From a moment to the frame that shows an element with a text, in milliseconds. */
export async function untilShown(
  page: Page,
  act: () => Promise<unknown>,
  sight: Sight,
): Promise<number> {
  await page.evaluate(({ selector, text, answer }) => {
    const seen = window as unknown as { shownMs: Promise<number> };
    performance.clearResourceTimings();
    let pressedAt = Number.POSITIVE_INFINITY;
    const press = () => {
      pressedAt = performance.now();
    };
    const once = { capture: true, once: true };
    for (const event of ["mousedown", "keydown"]) addEventListener(event, press, once);
    const begin = () => {
      if (answer === undefined) return pressedAt;
      const answers = performance
        .getEntriesByType("resource")
        .filter(({ name }) => name.endsWith(answer)) as PerformanceResourceTiming[];
      return answers.at(-1)?.responseEnd ?? Number.POSITIVE_INFINITY;
    };
    seen.shownMs = new Promise((resolve) => {
      // A task behind the frame: what it drew is on the screen.
      const told = () => setTimeout(() => resolve(performance.now() - begin()));
      const look = () => {
        const isThere = document.querySelector(selector)?.textContent?.includes(text) ?? false;
        if (isThere && begin() < performance.now()) told();
        else requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
    });
  }, sight);
  await act();
  return page.evaluate(() => (window as unknown as { shownMs: Promise<number> }).shownMs);
}

/** What the browser itself notes of a load, in milliseconds; the shift has no unit. */
export function paints(page: Page): Promise<{ first: number; largest: number; shift: number }> {
  return page.evaluate(async () => {
    const entries = (type: string) =>
      new Promise<PerformanceEntry[]>((done) => {
        new PerformanceObserver((list) => done(list.getEntries())).observe({
          type,
          buffered: true,
        });
        setTimeout(() => done([]), 500);
      });
    const [paint, largest, shifts] = await Promise.all(
      ["paint", "largest-contentful-paint", "layout-shift"].map(entries),
    );
    const valueOf = (entry: PerformanceEntry) => (entry as unknown as { value: number }).value;
    return {
      first: paint?.find(({ name }) => name === "first-contentful-paint")?.startTime ?? 0,
      largest: largest?.at(-1)?.startTime ?? 0,
      shift: (shifts ?? []).reduce((sum, entry) => sum + valueOf(entry), 0),
    };
  });
}
