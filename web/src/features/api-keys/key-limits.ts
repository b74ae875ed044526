import type { ApiKey } from "@/api/types";

export const SCOPES = ["project:read", "tools:call", "logs:read", "logs:payloads"] as const;
export type Scope = (typeof SCOPES)[number];

/** What a key may, and from where. */
export interface KeyLimits {
  scopes: Scope[];
  ip_ranges: string[];
  rate_limit_per_minute: number | null;
  /** Null: all. */
  tools: string[] | null;
}

export type WrongLimit = "scopes" | "rate";

/** The limits that were typed, or which of them makes no sense. */
export function readLimits(form: FormData): KeyLimits | WrongLimit {
  const text = (name: string) => String(form.get(name) ?? "").trim();
  const scopes = SCOPES.filter((scope) => form.getAll("scopes").includes(scope));
  if (scopes.length === 0) return "scopes";
  const rate = text("rate");
  if (rate !== "" && !/^[1-9]\d{0,8}$/.test(rate)) return "rate";
  const tools = words(text("tools"));
  return {
    scopes,
    ip_ranges: words(text("ip_ranges")),
    rate_limit_per_minute: rate === "" ? null : Number(rate),
    tools: tools.length > 0 ? tools : null,
  };
}

/** Parted by commas, spaces or lines. */
function words(text: string): string[] {
  return text.split(/[\s,]+/).filter((word) => word !== "");
}

/** Whether a key is held to less than its owner may. */
export function isLimited({ scopes, ip_ranges, rate_limit_per_minute, tools }: ApiKey): boolean {
  return (
    scopes.length < SCOPES.length ||
    ip_ranges.length > 0 ||
    tools !== null ||
    rate_limit_per_minute !== null
  );
}
