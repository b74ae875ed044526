import type { QueryProblemCode, Value } from "./expression";

/** What is asked of a field, and how. */
export type FieldKind =
  | "word"
  | "pattern"
  | "id_or_pattern"
  | "id"
  | "id_or_name"
  | "duration"
  | "number"
  | "text";

interface Field {
  kind: FieldKind;
  words?: readonly string[];
}

export const STATUSES = ["success", "error", "timeout", "cancelled", "running"] as const;
export const ERROR_KINDS = [
  "tool_error",
  "protocol_error",
  "upstream_unavailable",
  "upstream_crashed",
  "denied",
  "rate_limited",
  "invalid_request",
  "client_gone",
  "gateway_lost",
] as const;
const DOORS = ["sse", "streamable_http", "stateless_http", "rest"] as const;

/** What a query can ask of a call by name, in the order in which it is offered. */
export const FIELDS = {
  status: { kind: "word", words: STATUSES },
  tool: { kind: "pattern" },
  server: { kind: "id_or_pattern" },
  client: { kind: "pattern" },
  duration: { kind: "duration" },
  kind: { kind: "word", words: ERROR_KINDS },
  code: { kind: "number" },
  error: { kind: "text" },
  arguments: { kind: "text" },
  result: { kind: "text" },
  user: { kind: "id_or_name" },
  key: { kind: "id_or_name" },
  session: { kind: "id" },
  door: { kind: "word", words: DOORS },
  revision: { kind: "pattern" },
  request: { kind: "pattern" },
  trace: { kind: "pattern" },
  id: { kind: "id" },
  ip: { kind: "pattern" },
} as const satisfies Record<string, Field>;

export type FieldName = keyof typeof FIELDS;
export const FIELD_NAMES = Object.keys(FIELDS) as FieldName[];

export function fieldNamed(name: string): FieldName | undefined {
  return Object.hasOwn(FIELDS, name) ? (name as FieldName) : undefined;
}

export function kindOf(field: FieldName): FieldKind {
  return FIELDS[field].kind;
}

/** The closed set of words of a field; empty where it has none. */
export function wordsOf(field: FieldName): readonly string[] {
  const known: Field = FIELDS[field];
  return known.words ?? [];
}

/** Whether `<` and its like make sense. */
export function isOrdered(field: FieldName): boolean {
  return ["duration", "number"].includes(kindOf(field));
}

const UUID = /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i;

/** Reads a value; a code where it makes no sense for the field. */
export function readValue(
  field: FieldName,
  text: string,
  isQuoted: boolean,
): Value | QueryProblemCode {
  if (text === "*" && !isQuoted) return "present";
  const pattern = () => ({ pattern: isQuoted ? [text] : text.split("*") });
  const id = () => (UUID.test(text) ? { id: text.toLowerCase() } : undefined);
  switch (kindOf(field)) {
    case "word": {
      const word = wordsOf(field).find((one) => one === text.toLowerCase());
      return word ? { word } : "unknown_value";
    }
    case "pattern":
    case "text":
      return pattern();
    case "id_or_pattern":
      return id() ?? pattern();
    case "id_or_name":
      return id() ?? { name: text };
    case "id":
      return id() ?? "invalid_id";
    case "duration": {
      const micros = readDuration(text);
      return micros === undefined ? "invalid_duration" : { micros };
    }
    case "number":
      return /^[+-]?\d{1,15}$/.test(text) ? { number: Number(text) } : "invalid_number";
  }
}

const UNITS_US: Record<string, number> = {
  us: 1,
  ms: 1_000,
  s: 1_000_000,
  m: 60_000_000,
  h: 3_600_000_000,
};

/** Reads `500ms` or `1.5s`, in microseconds. */
export function readDuration(text: string): number | undefined {
  const match = /^(\d+)(?:\.(\d*))?(us|ms|s|m|h)$/.exec(text);
  const unit = UNITS_US[match?.[3] ?? ""];
  if (!match || unit === undefined || match[2] === "") return undefined;
  const whole = Number(match[1]) * unit;
  const digits = (match[2] ?? "0").slice(0, 9);
  // What is less than a microsecond is left out.
  return whole + Math.floor((Number(digits) * unit) / 10 ** digits.length);
}

/** In the largest unit that it is a whole number of. */
export function printDuration(micros: number): string {
  for (const unit of ["h", "m", "s", "ms"]) {
    const us = UNITS_US[unit] ?? 1;
    if (micros !== 0 && micros % us === 0) return `${micros / us}${unit}`;
  }
  return `${micros}us`;
}
