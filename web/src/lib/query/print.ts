import { type Condition, type Expression, exact, type Pattern } from "./expression";
import { printDuration } from "./fields";

/** A query as it would be typed: reads back as the same. */
export function printQuery(expression: Expression | null): string {
  if (expression === null) return "";
  if ("all" in expression) {
    return expression.all.map((term) => bracketed(term, "any" in term)).join(" ");
  }
  if ("any" in expression) {
    const field = commonField(expression);
    if (field === undefined) return expression.any.map(printQuery).join(" OR ");
    // `status:(error OR timeout)`: shorter, and one thing to the eye.
    const values = expression.any.map((one) => printQuery(one).slice(field.length + 1));
    return `${field}:(${values.join(" OR ")})`;
  }
  if ("not" in expression) {
    const { not } = expression;
    return `-${bracketed(not, "all" in not || "any" in not)}`;
  }
  if ("text" in expression) return printPattern(expression.text, true);
  return printCondition(expression.field);
}

/** The field that all alternatives ask for; absent where they do not agree. */
export function commonField(expression: Expression): string | undefined {
  if (!("any" in expression)) return undefined;
  const [first, ...rest] = expression.any.map(fieldOf);
  return rest.every((one) => one === first) ? first : undefined;
}

/** `tool`, `arguments.repo`: what a single condition asks for. */
export function fieldOf(expression: Expression): string | undefined {
  if (!("field" in expression)) return undefined;
  const { field, path } = expression.field;
  return path ? `${field}.${path}` : field;
}

function bracketed(expression: Expression, isNeeded: boolean): string {
  const text = printQuery(expression);
  return isNeeded && commonField(expression) === undefined ? `(${text})` : text;
}

export function printCondition({ field, path, operator, value }: Condition): string {
  const name = path ? `${field}.${path}` : field;
  const sign = operator === "=" ? "" : operator;
  return `${name}:${sign}${printValue(value)}`;
}

function printValue(value: Condition["value"]): string {
  if (value === "present") return "*";
  if ("word" in value) return value.word;
  if ("pattern" in value) return printPattern(value.pattern, false);
  if ("id" in value) return value.id;
  if ("name" in value) return printPattern([value.name], false);
  if ("micros" in value) return printDuration(value.micros);
  return String(value.number);
}

function printPattern(pattern: Pattern, isTerm: boolean): string {
  const text = exact(pattern);
  if (text === undefined) return pattern.join("*");
  return printText(text, isTerm);
}

/** A text as a query writes it: in quotes where it would be read as something else. */
export function printText(text: string, isTerm = false): string {
  const isSpecial = text === "" || /[\s()"*<>]/.test(text);
  const isReadOtherwise =
    isTerm && (text.startsWith("-") || text.includes(":") || ["OR", "AND", "NOT"].includes(text));
  if (!isSpecial && !isReadOtherwise) return text;
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}
