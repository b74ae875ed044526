import { currentZone } from "./zone";

/** `14:32:06` and `.456` of a moment, in the chosen zone. */
export function clockParts(at: string): { time: string; fraction: string } {
  const date = new Date(at);
  const isUtc = currentZone() === "utc";
  const hours = isUtc ? date.getUTCHours() : date.getHours();
  const minutes = isUtc ? date.getUTCMinutes() : date.getMinutes();
  return {
    time: `${two(hours)}:${two(minutes)}:${two(date.getSeconds())}`,
    fraction: `.${String(date.getMilliseconds()).padStart(3, "0")}`,
  };
}

/** `2026-11-22 23:31:58.204 KST`: the same in every language, so that it can be pasted and compared. */
export function formatMoment(at: string): string {
  const { time, fraction } = clockParts(at);
  return `${formatDay(at)} ${time}${fraction} ${zoneName(new Date(at))}`;
}

/** `2026-11-22`, in the chosen zone. */
export function formatDay(at: string): string {
  const date = new Date(at);
  return currentZone() === "utc"
    ? `${date.getUTCFullYear()}-${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())}`
    : `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** `2026-11-22 14:30`, as it is typed into a field. */
export function formatTyped(at: string): string {
  return `${formatDay(at)} ${clockParts(at).time.slice(0, 5)}`;
}

const DAY_MS = 86_400_000;

/** Seconds since 1970 as far as steps of this length tell: `14:20`, `14:20:05`, `11-22 14:00`. */
export function formatBucket(seconds: number, stepMs: number): string {
  const at = new Date(seconds * 1_000).toISOString();
  const { time } = clockParts(at);
  if (stepMs >= DAY_MS / 24) return `${formatDay(at).slice(5)} ${time.slice(0, 5)}`;
  return stepMs >= 60_000 ? time.slice(0, 5) : time;
}

const TYPED = /^(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T](\d{1,2}):(\d{2})(?::(\d{2}))?)?$/;

/** Reads `2026-11-22` or `2026-11-22 14:30`, in the chosen zone; a full RFC 3339 time names its own. */
export function parseMoment(text: string): string | undefined {
  const given = text.trim();
  const match = TYPED.exec(given);
  if (!match) {
    const isWhole = /^\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:\d\d)$/.test(given);
    const time = isWhole ? Date.parse(given) : Number.NaN;
    return Number.isNaN(time) ? undefined : new Date(time).toISOString();
  }
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = match
    .slice(1)
    .map((part) => (part === undefined ? 0 : Number(part)));
  const isSane = month >= 1 && month <= 12 && day >= 1 && day <= 31 && hour < 24 && minute < 60;
  if (!isSane) return undefined;
  const date =
    currentZone() === "utc"
      ? new Date(Date.UTC(year, month - 1, day, hour, minute, second))
      : new Date(year, month - 1, day, hour, minute, second);
  return date.toISOString();
}

function two(count: number): string {
  return String(count).padStart(2, "0");
}

/** Short names that browsers do not know: they say `GMT+9` for both. */
const ZONES: Record<string, string> = { "Asia/Seoul": "KST", "Asia/Tokyo": "JST" };

let zoned: Intl.DateTimeFormat | undefined;

/** The short name of the chosen zone: `KST`, `UTC`, `GMT+9`. */
export function zoneName(at: Date = new Date()): string {
  if (currentZone() === "utc") return "UTC";
  // To make one takes as long as to draw a page.
  zoned ??= new Intl.DateTimeFormat("en-GB", { timeZoneName: "short" });
  const known = ZONES[zoned.resolvedOptions().timeZone];
  if (known) return known;
  const parts = zoned.formatToParts(at);
  return parts.find((part) => part.type === "timeZoneName")?.value ?? "";
}

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
];

/** `3 minutes ago`, `in 90 days`; less than a minute ahead is now, as `now` may be behind by that. */
export function formatRelative(at: string, now: number, language: string): string {
  const distance = Date.parse(at) - now;
  const format = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
  for (const [unit, span] of UNITS) {
    if (Math.abs(distance) >= span) return format.format(Math.round(distance / span), unit);
  }
  return format.format(Math.min(0, Math.round(distance / 1_000)), "second");
}

/** `2026-12-01` for `2026-11-30`. */
export function dayAfter(day: string): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + DAY_MS).toISOString().slice(0, 10);
}
