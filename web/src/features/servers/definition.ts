/** Arguments as people write them: one per line, blank lines left out. */
export function readArguments(text: string): string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

export type Environment = { env: Record<string, string> } | { wrongLine: number };

/** `NAME=value` lines; a value may hold anything, `=` too. */
export function readEnvironment(text: string): Environment {
  const env: Record<string, string> = {};
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const match = /^\s*([A-Za-z_][A-Za-z0-9_]*)=(.*)$/.exec(line);
    if (!match) return { wrongLine: index + 1 };
    env[match[1] ?? ""] = (match[2] ?? "").trimEnd();
  }
  return { env };
}

export type Headers = { headers: Record<string, string> } | { wrongLine: number };

/** `Name: value` lines, as they stand in a request. */
export function readHeaders(text: string): Headers {
  const headers: Record<string, string> = {};
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const match = /^\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*:(.*)$/.exec(line);
    if (!match) return { wrongLine: index + 1 };
    headers[match[1] ?? ""] = (match[2] ?? "").trim();
  }
  return { headers };
}
