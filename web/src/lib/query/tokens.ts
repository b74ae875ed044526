export type TokenKind =
  | "space"
  | "field"
  | "colon"
  | "operator"
  | "value"
  | "text"
  | "keyword"
  | "bracket"
  | "minus";

/** A piece of a query as it is coloured. */
export interface QueryToken {
  kind: TokenKind;
  text: string;
  start: number;
  /** The field whose value stands here, or may. */
  field?: string;
}

const PIECES: [TokenKind, RegExp][] = [
  ["space", /\s+/y],
  ["bracket", /[()]/y],
  ["keyword", /(?:OR|AND|NOT)(?=$|[\s()"])/y],
  ["minus", /-(?=[^\s)])/y],
  ["text", /"(?:\\[\s\S]|[^"\\])*"?/y],
  ["field", /[^\s()":]+(?=:)/y],
  ["text", /[^\s()"]+/y],
];
const OPERATOR = /[<>]=?/y;
const VALUE = /"(?:\\[\s\S]|[^"\\])*"?|[^\s()"]+/y;

/** All of a text in pieces, whether or not it can be read as a query. */
export function tokensOf(text: string): QueryToken[] {
  const tokens: QueryToken[] = [];
  let at = 0;
  /** The field whose values stand in the bracket that is open. */
  let grouped: string | undefined;
  const take = (kind: TokenKind, pattern: RegExp, field = grouped): boolean => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    if (!found) return false;
    tokens.push({ kind, text: found, start: at, ...(field === undefined ? {} : { field }) });
    at += found.length;
    return true;
  };
  const takeValue = (field: string) => {
    take("operator", OPERATOR, field);
    take("value", VALUE, field);
  };
  while (at < text.length) {
    const kind = PIECES.find(([one, pattern]) => {
      if (grouped !== undefined && (one === "minus" || one === "field" || one === "text")) {
        return false;
      }
      return take(one, pattern);
    })?.[0];
    const last = tokens.at(-1);
    if (kind === undefined) {
      if (grouped !== undefined) takeValue(grouped);
      if (last === tokens.at(-1)) take("text", /[\s\S]/y);
    } else if (kind === "field" && last) {
      take("colon", /:/y, last.text);
      if (text[at] === "(") {
        grouped = last.text;
        take("bracket", /\(/y);
      } else {
        takeValue(last.text);
      }
    } else if (last?.text === ")") {
      grouped = undefined;
    }
  }
  return tokens;
}
