/** A number that JavaScript cannot hold exactly: shown as its sender wrote it. */
export class ExactNumber {
  constructor(readonly text: string) {}
}

export type Json =
  | null
  | boolean
  | number
  | string
  | ExactNumber
  | Json[]
  | { [key: string]: Json };

interface Source {
  source?: string;
}

/** What may be a number of a JSON text; within its texts such may stand too. */
const NUMBERS = /(?<=[[:,\s]|^)-?\d[\d.eE+-]*(?=[\]},\s]|$)/g;

/** Parses JSON; numbers that would change on the way stay as they were written. */
export function parseJson(text: string): unknown {
  // To be told the source of every value costs ten times as much as to parse it.
  return hasInexact(text) ? parseExactly(text) : JSON.parse(text);
}

function hasInexact(text: string): boolean {
  for (const [source] of text.matchAll(NUMBERS)) {
    if (!isExact(Number(source), source)) return true;
  }
  return false;
}

function parseExactly(text: string): unknown {
  return JSON.parse(text, function exact(this: unknown, _key: string, value: unknown, at?: Source) {
    if (typeof value !== "number" || !at?.source) return value;
    return isExact(value, at.source) ? value : new ExactNumber(at.source);
  } as (this: unknown, key: string, value: unknown) => unknown);
}

/** The reverse, two spaces a level. */
export function printJson(value: Json, indent = ""): string {
  if (value instanceof ExactNumber) return value.text;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const inner = `${indent}  `;
  const isList = Array.isArray(value);
  const parts = isList
    ? value.map((one) => inner + printJson(one, inner))
    : Object.entries(value).map(
        ([key, one]) => `${inner}${JSON.stringify(key)}: ${printJson(one, inner)}`,
      );
  const [open, close] = isList ? "[]" : "{}";
  return parts.length === 0
    ? `${open}${close}`
    : `${open}\n${parts.join(",\n")}\n${indent}${close}`;
}

function isExact(value: number, source: string): boolean {
  return String(value) === source || (Number.isSafeInteger(value) && /^-?\d+$/.test(source));
}
