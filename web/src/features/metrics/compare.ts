/** How a number stands to the one of the period before. */
export interface Change {
  /** Relative: 0.25 is a quarter more. Absent where nothing was before. */
  ratio: number | undefined;
  direction: "up" | "down" | "same";
}

/** What is shown as 0 % is no change. */
const LEAST_RATIO = 0.000_5;

type Figure = number | null | undefined;

/** Absent where there is nothing to compare. */
export function changeOf(now: Figure, before: Figure): Change | undefined {
  if (now === null || now === undefined || before === null || before === undefined) {
    return undefined;
  }
  const ratio = before === 0 ? undefined : (now - before) / before;
  if (ratio !== undefined && Math.abs(ratio) < LEAST_RATIO) return { ratio, direction: "same" };
  return { ratio, direction: now > before ? "up" : now < before ? "down" : "same" };
}

/** Whether a change is to be welcomed: more of some things is better, of others worse. */
export function isWelcome(
  { direction }: Change,
  better: "up" | "down" | undefined,
): boolean | undefined {
  if (direction === "same" || better === undefined) return undefined;
  return direction === better;
}
