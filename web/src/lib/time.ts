/** `14:32:06` and `.456` of a moment, in the viewer's zone. */
export function clockParts(at: string): { time: string; fraction: string } {
  const date = new Date(at);
  const two = (count: number) => String(count).padStart(2, "0");
  return {
    time: `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`,
    fraction: `.${String(date.getMilliseconds()).padStart(3, "0")}`,
  };
}

/** `2026-11-22 23:31:58.204 KST`: the same in every language, so that it can be pasted and compared. */
export function formatMoment(at: string): string {
  const { time, fraction } = clockParts(at);
  return `${formatDay(at)} ${time}${fraction} ${zoneName(new Date(at))}`;
}

/** `2026-11-22`, in the viewer's zone. */
export function formatDay(at: string): string {
  const date = new Date(at);
  const two = (count: number) => String(count).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** Short names that browsers do not know: they say `GMT+9` for both. */
const ZONES: Record<string, string> = { "Asia/Seoul": "KST", "Asia/Tokyo": "JST" };

/** The short name of the viewer's zone: `KST`, `UTC`, `GMT+9`. */
export function zoneName(at: Date = new Date()): string {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const known = ZONES[zone];
  if (known) return known;
  const parts = new Intl.DateTimeFormat("en-GB", { timeZoneName: "short" }).formatToParts(at);
  return parts.find((part) => part.type === "timeZoneName")?.value ?? "";
}

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
];

/** `3 minutes ago`, `in 90 days`. */
export function formatRelative(at: string, now: number, language: string): string {
  const distance = Date.parse(at) - now;
  const format = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
  for (const [unit, span] of UNITS) {
    if (Math.abs(distance) >= span) return format.format(Math.round(distance / span), unit);
  }
  return format.format(Math.round(distance / 1_000), "second");
}
