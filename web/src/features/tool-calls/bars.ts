/** From the bottom of a bar to its top: the failures lie where the eye compares them best. */
export const STACK = ["error", "timeout", "cancelled", "running", "success"] as const;

/** Less would not be seen. */
const LEAST_PX = 1.5;

/** Counts over time, a column for each status. */
export interface Counted {
  t: number[];
  step_ms: number;
  series: { [status: string]: number[] };
}

/** How many calls each bucket has, of any status. */
export function totalsOf({ t, series }: Counted): number[] {
  return t.map((_, index) =>
    STACK.reduce((sum, status) => sum + (series[status]?.[index] ?? 0), 0),
  );
}

/**
 * The bars as one line of strokes for each status that has calls, bucket by bucket along x and, from
 * 0 at the top, in pixels along y.
 */
export function barPaths(
  { t, series }: Counted,
  most: number,
  heightPx: number,
): { status: (typeof STACK)[number]; path: string }[] {
  const tops = t.map(() => heightPx);
  const paths = STACK.map((status) => ({
    status,
    path: t
      .map((_, index) => {
        const count = series[status]?.[index] ?? 0;
        if (count === 0) return "";
        const bottom = tops[index] ?? heightPx;
        const top = bottom - Math.max(LEAST_PX, (count / most) * heightPx);
        tops[index] = top;
        return `M${index + 0.5} ${round(bottom)}V${round(top)}`;
      })
      .join(""),
  }));
  return paths.filter(({ path }) => path !== "");
}

function round(px: number): number {
  return Math.round(px * 100) / 100;
}
