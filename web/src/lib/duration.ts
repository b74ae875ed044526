/** `242 ms`, `1.24 s`, `30.00 s`, `2 m 05 s`: as exact as a reader needs. */
export function formatDuration(us: number): string {
  if (us < 1_000) return `${Math.max(0, Math.round(us))} µs`;
  if (us < 9_950) return `${(us / 1_000).toFixed(1)} ms`;
  if (us < 999_500) return `${Math.round(us / 1_000)} ms`;
  if (us < 59_995_000) return `${(us / 1_000_000).toFixed(2)} s`;
  const seconds = Math.round(us / 1_000_000);
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} m ${pad(seconds % 60)} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} m`;
}

const SHORTEST_US = 1_000;
const LONGEST_US = 60_000_000;

/** Where a duration stands between 1 ms (0) and 1 minute (1) on a logarithmic scale. */
export function durationShare(us: number): number {
  const share = Math.log(us / SHORTEST_US) / Math.log(LONGEST_US / SHORTEST_US);
  return Math.min(1, Math.max(0, share));
}

/** How many milliseconds a text such as `30m` or `7d` stands for; absent when it is none. */
export function parseSpan(text: string): number | undefined {
  const match = /^(\d{1,6})(s|m|h|d)$/.exec(text.trim());
  if (match === null) return undefined;
  const unit = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }[
    match[2] as "s" | "m" | "h" | "d"
  ];
  const span = Number(match[1]) * unit;
  return span > 0 ? span : undefined;
}

function pad(count: number): string {
  return String(count).padStart(2, "0");
}
