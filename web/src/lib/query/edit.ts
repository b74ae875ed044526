import { all, any, type Condition, type Expression, exact } from "./expression";
import { type FieldName, readValue } from "./fields";
import { commonField, fieldOf, printQuery } from "./print";

/** What a query asks of one field beside everything else: what the facets show as chosen. */
export interface Chosen {
  included: string[];
  excluded: string[];
}

/** The values that a query takes, or leaves out, of a field. */
export function chosenOf(query: Expression | null, field: FieldName): Chosen {
  const chosen: Chosen = { included: [], excluded: [] };
  for (const term of termsOf(query)) {
    if (isOf(term, field)) chosen.included.push(...valuesIn(term));
    else if ("not" in term && isOf(term.not, field)) chosen.excluded.push(...valuesIn(term.not));
  }
  return chosen;
}

/** With a value of a field taken in, or out where it was in. */
export function toggled(query: Expression | null, field: FieldName, value: string) {
  const { included } = chosenOf(query, field);
  const after = included.includes(value)
    ? included.filter((one) => one !== value)
    : [...included, value];
  return withValues(query, field, after);
}

/** With these values of a field and no others; none of them: with any. */
export function withValues(
  query: Expression | null,
  field: FieldName,
  values: string[],
): Expression | null {
  const rest = termsOf(query).filter((term) => {
    const isExclusion = "not" in term && isOf(term.not, field);
    return !isOf(term, field) && !(isExclusion && values.length > 0);
  });
  const conditions = values.flatMap((value) => conditionOf(field, value));
  if (conditions.length > 0) rest.push(any(conditions));
  return joined(rest);
}

/** Without a value of a field. */
export function excluding(
  query: Expression | null,
  field: FieldName,
  value: string,
): Expression | null {
  const { included, excluded } = chosenOf(query, field);
  if (excluded.includes(value)) return query;
  const kept = included.filter((one) => one !== value);
  const base = kept.length === included.length ? query : withValues(query, field, kept);
  return joined([...termsOf(base), ...conditionOf(field, value).map((not) => ({ not }))]);
}

/** With a value of a field no longer left out. */
export function unexcluding(
  query: Expression | null,
  field: FieldName,
  value: string,
): Expression | null {
  const left = chosenOf(query, field).excluded.filter((one) => one !== value);
  const rest = termsOf(query).filter((term) => !("not" in term && isOf(term.not, field)));
  const conditions = left.flatMap((one) => conditionOf(field, one));
  return joined([...rest, ...conditions.map((not) => ({ not }))]);
}

/** With one more condition, unless it stands there already. */
export function narrowed(query: Expression | null, more: Expression): Expression {
  const terms = termsOf(query);
  const text = printQuery(more);
  return all(terms.some((term) => printQuery(term) === text) ? terms : [...terms, more]);
}

/** A span of durations in microseconds, either end open. */
export interface DurationRange {
  min?: number;
  max?: number;
}

export function durationOf(query: Expression | null): DurationRange {
  const range: DurationRange = {};
  for (const { operator, micros } of termsOf(query).flatMap(durationIn)) {
    if (operator.startsWith(">")) range.min = micros;
    else range.max = micros;
  }
  return range;
}

export function withDuration(query: Expression | null, { min, max }: DurationRange) {
  const rest = termsOf(query).filter((term) => durationIn(term).length === 0);
  const edge = (operator: ">=" | "<=", micros: number | undefined): Expression[] =>
    micros === undefined ? [] : [{ field: { field: "duration", operator, value: { micros } } }];
  return joined([...rest, ...edge(">=", min), ...edge("<=", max)]);
}

function durationIn(term: Expression) {
  if (!("field" in term)) return [];
  const { field, operator, value } = term.field;
  const isRange = field === "duration" && typeof value !== "string" && "micros" in value;
  return isRange ? [{ operator, micros: value.micros }] : [];
}

function termsOf(query: Expression | null): Expression[] {
  if (query === null) return [];
  return "all" in query ? query.all : [query];
}

function joined(terms: Expression[]): Expression | null {
  return terms.length === 0 ? null : all(terms);
}

/** Whether a term asks for values of one field and nothing else. */
function isOf(term: Expression, field: FieldName): boolean {
  const asked = "any" in term ? commonField(term) : fieldOf(term);
  return asked === field && valuesIn(term).length > 0;
}

function valuesIn(term: Expression): string[] {
  const terms = "any" in term ? term.any : [term];
  return terms.flatMap((one) => ("field" in one ? (valueText(one.field) ?? []) : []));
}

/** A value as a facet writes it; absent for what a facet cannot offer. */
function valueText({ operator, value }: Condition): string | undefined {
  if (operator !== "=" || value === "present") return undefined;
  if ("word" in value) return value.word;
  if ("pattern" in value) return exact(value.pattern);
  if ("id" in value) return value.id;
  if ("name" in value) return value.name;
  return "number" in value ? String(value.number) : undefined;
}

function conditionOf(field: FieldName, text: string): Expression[] {
  const value = readValue(field, text, true);
  const isRefused = typeof value === "string" && value !== "present";
  return isRefused ? [] : [{ field: { field, operator: "=", value } }];
}
