import { stripJson } from "@/lib/jsonc";

type Entries = Record<string, unknown>;

/** A client's configuration, down to what is imported of it. */
export type Config = { mcpServers: Entries } | { servers: Entries };

/** Why a text is no such configuration. */
export type NoConfig = "not_json" | "no_servers";

/**
 * Reads what people paste: the whole file of Claude, Cursor, Cline, Windsurf or VS Code, a part of
 * it, with comments and commas too many. What else such a file holds is left out.
 */
export function readConfig(text: string): Config | NoConfig {
  const value = parse(text);
  if (value === undefined) return "not_json";
  if (!isRecord(value)) return "no_servers";
  // In the settings of VS Code they stand below `mcp`.
  const from = isRecord(value.mcp) ? value.mcp : value;
  if (isRecord(from.mcpServers)) return { mcpServers: from.mcpServers };
  if (isRecord(from.servers)) return { servers: from.servers };
  const isServer = (entry: unknown) => isRecord(entry) && ("command" in entry || "url" in entry);
  const entries = Object.values(value);
  if (entries.length > 0 && entries.every(isServer)) return { mcpServers: value };
  return "no_servers";
}

export function namesIn(config: Config): string[] {
  return Object.keys(entriesOf(config));
}

/** The configuration with only these servers of it. */
export function pick(config: Config, names: ReadonlySet<string>): Config {
  const entries = Object.fromEntries(
    Object.entries(entriesOf(config)).filter(([name]) => names.has(name)),
  );
  return "servers" in config ? { servers: entries } : { mcpServers: entries };
}

function entriesOf(config: Config): Entries {
  return "servers" in config ? config.servers : config.mcpServers;
}

/** Also `"mcpServers": {...}` without the braces around it. */
function parse(text: string): unknown {
  const json = stripJson(text).trim();
  for (const one of [json, `{${json}}`]) {
    try {
      return JSON.parse(one) as unknown;
    } catch {
      // The next reading of it.
    }
  }
  return undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
