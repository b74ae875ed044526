import { FIELD_NAMES, type FieldName, fieldNamed, kindOf, wordsOf } from "@/lib/query/fields";
import { printText } from "@/lib/query/print";
import { tokensOf } from "@/lib/query/tokens";

/** Where somebody is typing, and what stands there. */
export interface Place {
  start: number;
  end: number;
  typed: string;
  /** The field whose value is typed; absent where a new term begins. */
  field?: FieldName;
}

export interface Suggestion {
  insert: string;
  label: string;
  /** Calls that have this value, where that is known. */
  calls?: number;
}

const MOST = 10;

export function placeAt(text: string, caret: number): Place {
  const token = tokensOf(text).find(
    ({ start, text: piece }) => start < caret && caret <= start + piece.length,
  );
  const here = { start: caret, end: caret, typed: "" };
  if (!token || token.text === ")") return here;
  const { kind, start } = token;
  const whole = { start, end: start + token.text.length, typed: text.slice(start, caret) };
  if (kind === "field") {
    const colon = text[whole.end] === ":" ? 1 : 0;
    return { ...whole, end: whole.end + colon };
  }
  const field = fieldNamed(token.field ?? "");
  if (field) return kind === "value" ? { ...whole, field } : { ...here, field };
  return kind === "text" && !token.text.startsWith('"') ? whole : here;
}

/** Known values of a field, the most frequent first. */
export type KnownValues = (field: FieldName) => { value: string; calls: number }[];

export function suggestionsAt({ typed, field }: Place, known: KnownValues): Suggestion[] {
  if (!field) return matching(FIELD_NAMES.map(asField), typed);
  const wanted = typed.replace(/^"/, "");
  if (kindOf(field) === "duration") return matching(SPANS.map(asValue), wanted);
  const seen = known(field);
  const words = wordsOf(field).filter((word) => !seen.some(({ value }) => value === word));
  const values: Suggestion[] = seen.map(({ value, calls }) => ({ ...asValue(value), calls }));
  return matching([...values, ...words.map(asValue)], wanted);
}

/** The text with a suggestion in its place, and where the caret goes. */
export function accept(text: string, place: Place, { insert }: Suggestion) {
  const before = text.slice(0, place.start) + insert;
  const after = text.slice(place.end);
  const isDone = place.field !== undefined && !/^[\s)]/.test(after);
  const grown = isDone ? `${before} ` : before;
  return { text: grown + after, caret: grown.length };
}

const SPANS = [">100ms", ">500ms", ">1s", ">5s", ">30s", "<10ms"];

function asField(field: FieldName): Suggestion {
  return { insert: `${field}:`, label: `${field}:` };
}

function asValue(value: string): Suggestion {
  return { insert: /^[<>]/.test(value) ? value : printText(value), label: value };
}

/** What begins with the typed text first, then what holds it. */
function matching(suggestions: Suggestion[], typed: string): Suggestion[] {
  const wanted = typed.toLowerCase();
  const rank = ({ label }: Suggestion) => {
    const at = label.toLowerCase().indexOf(wanted);
    return at > 0 ? 1 : at;
  };
  return suggestions
    .filter((one) => rank(one) >= 0 && one.label !== typed)
    .sort((one, other) => rank(one) - rank(other))
    .slice(0, MOST);
}
