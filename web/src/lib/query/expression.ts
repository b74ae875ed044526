import type { FieldName } from "./fields";

/**
 * What a call must be, as the log service reads it out of a query; its shape is that of the
 * cases in `tests/query-language/cases.json`, which both parsers are held to.
 */
export type Expression =
  | { all: Expression[] }
  | { any: Expression[] }
  | { not: Expression }
  | { text: Pattern }
  | { field: Condition };

/** Text, or parts of one with anything between them. */
export type Pattern = string[];

export type Operator = "=" | "<" | "<=" | ">" | ">=";

export interface Condition {
  field: FieldName;
  /** Behind `arguments.`. */
  path?: string;
  operator: Operator;
  value: Value;
}

export type Value =
  | "present"
  | { word: string }
  | { pattern: Pattern }
  | { id: string }
  | { name: string }
  | { micros: number }
  | { number: number };

/** Why a query cannot be read, and where. */
export interface QueryProblem {
  code: QueryProblemCode;
  start: number;
  end: number;
}

export type QueryProblemCode =
  | "too_long"
  | "invalid_character"
  | "unexpected_bracket"
  | "missing_term"
  | "unknown_field"
  | "missing_or"
  | "not_ordered"
  | "missing_value"
  | "missing_operator"
  | "unclosed_quote"
  | "unclosed_bracket"
  | "too_deep"
  | "too_many_terms"
  | "no_word"
  | "misplaced_wildcard"
  | "unknown_value"
  | "invalid_id"
  | "invalid_duration"
  | "invalid_number";

/** Of one, it is that one; what is joined the same way is joined here. */
export function all(expressions: Expression[]): Expression {
  const flat = expressions.flatMap((one) => ("all" in one ? one.all : [one]));
  const [only] = flat;
  return only && flat.length === 1 ? only : { all: flat };
}

/** See `all`. */
export function any(expressions: Expression[]): Expression {
  const flat = expressions.flatMap((one) => ("any" in one ? one.any : [one]));
  const [only] = flat;
  return only && flat.length === 1 ? only : { any: flat };
}

/** The text of a pattern that has no wildcard. */
export function exact(pattern: Pattern): string | undefined {
  return pattern.length === 1 ? pattern[0] : undefined;
}
