import {
  all,
  any,
  type Condition,
  type Expression,
  type Operator,
  type Pattern,
  type QueryProblem,
  type QueryProblemCode,
} from "./expression";
import { type FieldName, fieldNamed, isOrdered, kindOf, readValue } from "./fields";

const MAX_BYTES = 4_096;
const MAX_DEPTH = 32;
const MAX_TERMS = 100;

export type Parsed =
  | { expression: Expression | null; problem?: never }
  | { expression?: never; problem: QueryProblem };

/**
 * Reads a query of the call log, as the log service does: the bar shows a mistake while it is
 * typed, and the facets edit what was typed. `tests/query-language/cases.json` holds both to the same.
 */
export function parseQuery(text: string): Parsed {
  try {
    return { expression: new Parser(text).whole() };
  } catch (thrown) {
    if (thrown instanceof Refusal) return { problem: thrown.problem };
    throw thrown;
  }
}

class Refusal {
  constructor(readonly problem: QueryProblem) {}
}

interface Token {
  text: string;
  isQuoted: boolean;
  start: number;
  end: number;
}

/** Where a word that is not quoted ends. */
const WORD_END = /[\s()"]/g;

class Parser {
  private at = 0;
  private depth = 0;
  private terms = 0;

  constructor(private readonly text: string) {}

  whole(): Expression | null {
    if (new TextEncoder().encode(this.text).length > MAX_BYTES) this.refuse("too_long", 0, 0);
    const nul = this.text.indexOf("\0");
    if (nul >= 0) this.refuse("invalid_character", nul, nul + 1);
    this.skipSpace();
    if (this.isAtEnd()) return null;
    const expression = this.any();
    if (!this.isAtEnd()) this.refuse("unexpected_bracket", this.at, this.at + 1);
    return expression;
  }

  private any(): Expression {
    const alternatives = [this.all()];
    while (this.takeKeyword("OR")) alternatives.push(this.all());
    return any(alternatives);
  }

  private all(): Expression {
    const terms = [this.negated()];
    for (;;) {
      this.skipSpace();
      if (this.isAtEnd() || this.peek() === ")" || this.isKeyword("OR")) return all(terms);
      this.takeKeyword("AND");
      terms.push(this.negated());
    }
  }

  private negated(): Expression {
    this.skipSpace();
    const start = this.at;
    if (this.peek() === "-") {
      this.at += 1;
      const next = this.peek();
      if (next === "" || next === ")" || /\s/.test(next)) {
        this.refuse("missing_term", start, this.at);
      }
    } else if (!this.takeKeyword("NOT")) {
      return this.term();
    }
    return this.nested(start, () => ({ not: this.negated() }));
  }

  private term(): Expression {
    const start = this.at;
    switch (this.peek()) {
      case "":
        return this.refuse("missing_term", start, start);
      case ")":
        return this.refuse("missing_term", start, start + 1);
      case "(": {
        this.at += 1;
        const inner = this.nested(start, () => this.any());
        this.closeBracket(start);
        return inner;
      }
      case '"':
        return this.searched(this.quoted());
      default:
        return this.wordOrField();
    }
  }

  private wordOrField(): Expression {
    const start = this.at;
    for (const keyword of ["OR", "AND"]) {
      if (this.isKeyword(keyword)) this.refuse("missing_term", start, start + keyword.length);
    }
    const end = this.wordEnd();
    const colon = this.text.slice(start, end).indexOf(":");
    if (colon < 0) return this.searched(this.word());
    this.at = start + colon + 1;
    return this.field(start, start + colon);
  }

  /** A word or a quoted text that is looked for anywhere in the call. */
  private searched(token: Token): Expression {
    this.countTerm(token);
    const pattern = token.isQuoted ? [token.text] : token.text.split("*");
    this.requireWord(pattern, token);
    return { text: pattern };
  }

  /** What stands behind a name and its colon. */
  private field(start: number, end: number): Expression {
    const name = this.text.slice(start, end);
    const dot = name.indexOf(".");
    const field = fieldNamed(dot < 0 ? name : name.slice(0, dot));
    if (!field) return this.refuse("unknown_field", start, end);
    const path = dot < 0 ? undefined : name.slice(dot + 1);
    const isPathWrong = path?.split(".").includes("") || field !== "arguments";
    if (path !== undefined && isPathWrong) this.refuse("unknown_field", start, end);
    if (this.peek() !== "(") return this.condition(field, path);
    const bracket = this.at;
    this.at += 1;
    const alternatives: Expression[] = [];
    do {
      this.skipSpace();
      alternatives.push(this.condition(field, path));
      this.skipSpace();
    } while (this.takeKeyword("OR"));
    if (!this.isAtEnd() && this.peek() !== ")") this.refuse("missing_or", this.at, this.at);
    this.closeBracket(bracket);
    return any(alternatives);
  }

  private condition(field: FieldName, path: string | undefined): Expression {
    const start = this.at;
    const operator = this.operator();
    if (operator !== "=" && !isOrdered(field)) this.refuse("not_ordered", start, this.at);
    const token = this.value(start);
    this.countTerm(token);
    const range = operator === "=" && isOrdered(field) ? token.text.indexOf("..") : -1;
    if (range >= 0) {
      this.countTerm(token);
      const edge = (by: Operator, text: string) =>
        this.compared(field, path, by, { ...token, text, isQuoted: false });
      return all([edge(">=", token.text.slice(0, range)), edge("<=", token.text.slice(range + 2))]);
    }
    return this.compared(field, path, operator, token);
  }

  private compared(
    field: FieldName,
    path: string | undefined,
    operator: Operator,
    token: Token,
  ): Expression {
    const value = readValue(field, token.text, token.isQuoted);
    if (typeof value === "string" && value !== "present") {
      return this.refuse(value, token.start, token.end);
    }
    if (typeof value !== "string" && "micros" in value && operator === "=") {
      this.refuse("missing_operator", token.start, token.end);
    }
    if (kindOf(field) === "text" && typeof value !== "string" && "pattern" in value) {
      if (path === undefined) this.requireWord(value.pattern, token);
      else this.requireOpenEnd(value.pattern, token);
    }
    if (value === "present" && operator !== "=") {
      this.refuse("missing_value", token.start, token.end);
    }
    const condition: Condition = { field, ...(path ? { path } : {}), operator, value };
    return { field: condition };
  }

  private operator(): Operator {
    const sign = /^(>=|<=|>|<)/.exec(this.text.slice(this.at, this.at + 2))?.[1];
    this.at += sign?.length ?? 0;
    return (sign as Operator | undefined) ?? "=";
  }

  private value(start: number): Token {
    const next = this.peek();
    if (next === '"') return this.quoted();
    if (next === "" || next === "(" || next === ")" || /\s/.test(next)) {
      this.refuse("missing_value", start, this.at);
    }
    return this.word();
  }

  private wordEnd(): number {
    WORD_END.lastIndex = this.at;
    return WORD_END.exec(this.text)?.index ?? this.text.length;
  }

  private word(): Token {
    const start = this.at;
    this.at = this.wordEnd();
    return { text: this.text.slice(start, this.at), isQuoted: false, start, end: this.at };
  }

  /** Text in quotes, in which `\"` and `\\` stand for themselves. */
  private quoted(): Token {
    const start = this.at;
    const match = /^"((?:\\[\s\S]|[^"\\])*)"/.exec(this.text.slice(start));
    if (!match) return this.refuse("unclosed_quote", start, this.text.length);
    this.at = start + match[0].length;
    const text = (match[1] ?? "").replace(/\\(["\\])/g, "$1");
    return { text, isQuoted: true, start, end: this.at };
  }

  private closeBracket(opened: number): void {
    this.skipSpace();
    if (this.peek() !== ")") this.refuse("unclosed_bracket", opened, opened + 1);
    this.at += 1;
  }

  private nested<T>(start: number, inner: () => T): T {
    if (this.depth === MAX_DEPTH) this.refuse("too_deep", start, this.at);
    this.depth += 1;
    const parsed = inner();
    this.depth -= 1;
    return parsed;
  }

  private countTerm({ start, end }: Token): void {
    this.terms += 1;
    if (this.terms > MAX_TERMS) this.refuse("too_many_terms", start, end);
  }

  /** Text is found by its words, and by how a word begins. */
  private requireWord(pattern: Pattern, token: Token): void {
    this.requireOpenEnd(pattern, token);
    if (!/[\p{Alphabetic}\p{N}]/u.test(pattern[0] ?? "")) {
      this.refuse("no_word", token.start, token.end);
    }
  }

  private requireOpenEnd(pattern: Pattern, { start, end }: Token): void {
    const isOpen = pattern.length === 1 || (pattern.length === 2 && pattern[1] === "");
    if (!isOpen) this.refuse("misplaced_wildcard", start, end);
  }

  /** Whether a word stands here that joins or negates. */
  private isKeyword(keyword: string): boolean {
    if (!this.text.startsWith(keyword, this.at)) return false;
    const next = this.text.charAt(this.at + keyword.length);
    return next === "" || /[\s()"]/.test(next);
  }

  private takeKeyword(keyword: string): boolean {
    this.skipSpace();
    const isHere = this.isKeyword(keyword);
    if (isHere) {
      this.at += keyword.length;
      this.skipSpace();
    }
    return isHere;
  }

  private skipSpace(): void {
    while (!this.isAtEnd() && /\s/.test(this.peek())) this.at += 1;
  }

  private peek(): string {
    return this.text.charAt(this.at);
  }

  private isAtEnd(): boolean {
    return this.at >= this.text.length;
  }

  private refuse(code: QueryProblemCode, start: number, end: number): never {
    throw new Refusal({ code, start, end });
  }
}
