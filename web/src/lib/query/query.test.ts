import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  chosenOf,
  durationOf,
  excluding,
  narrowed,
  toggled,
  unexcluding,
  withDuration,
  withValues,
} from "./edit";
import type { Expression, QueryProblem } from "./expression";
import { parseQuery } from "./parser";
import { printQuery } from "./print";
import { tokensOf } from "./tokens";

interface Case {
  query: string;
  tree?: Expression | null;
  printed?: string;
  error?: QueryProblem;
}

const FILE = new URL("../../../../tests/query-language/cases.json", import.meta.url);
const cases = JSON.parse(readFileSync(FILE, "utf8")) as Case[];

function read(text: string): Expression | null {
  const { expression, problem } = parseQuery(text);
  if (problem) throw new Error(`${text}: ${problem.code}`);
  return expression ?? null;
}

describe("the query language", () => {
  it("reads every case as the log service does", () => {
    expect(cases.length).toBeGreaterThan(60);
    for (const { query, tree, error } of cases) {
      const expected = error ? { problem: error } : { expression: tree };
      expect(parseQuery(query), query).toEqual(expected);
    }
  });

  it("prints what reads back as the same, and as the log service does", () => {
    for (const { tree, printed } of cases) {
      if (tree === undefined) continue;
      const text = printQuery(tree);
      expect(read(text), text).toEqual(tree);
      // Values of one field are put in one bracket here.
      if (!text.includes(" OR ")) expect(text).toBe(printed);
    }
  });

  it("is coloured without a loss, whether or not it can be read", () => {
    for (const { query } of cases) {
      const tokens = tokensOf(query);
      expect(tokens.map(({ text }) => text).join("")).toBe(query);
    }
    const kinds = tokensOf('-tool:a* status:(error OR timeout) "x y" (b)').map(
      ({ kind, text }) => `${kind} ${text}`,
    );
    expect(kinds.filter((kind) => !kind.startsWith("space"))).toEqual([
      "minus -",
      "field tool",
      "colon :",
      "value a*",
      "field status",
      "colon :",
      "bracket (",
      "value error",
      "keyword OR",
      "value timeout",
      "bracket )",
      'text "x y"',
      "bracket (",
      "text b",
      "bracket )",
    ]);
  });
});

describe("the facets", () => {
  it("show what the bar says of a field", () => {
    const query = read(
      "status:(error OR timeout) -client:cursor tool:echo (tool:a OR status:error)",
    );
    expect(chosenOf(query, "status").included).toEqual(["error", "timeout"]);
    expect(chosenOf(query, "client")).toEqual({ included: [], excluded: ["cursor"] });
    expect(chosenOf(query, "tool").included).toEqual(["echo"]);
  });

  it("take values in and out, and leave the rest of the bar alone", () => {
    const text = (query: Expression | null) => printQuery(query);
    const one = toggled(read('"rate limit" tool:create_*'), "status", "error");
    expect(text(one)).toBe('"rate limit" tool:create_* status:error');
    const two = toggled(one, "status", "timeout");
    expect(text(two)).toBe('"rate limit" tool:create_* status:(error OR timeout)');
    const three = toggled(toggled(two, "status", "error"), "status", "timeout");
    expect(text(three)).toBe('"rate limit" tool:create_*');
    expect(text(withValues(read("-tool:a x"), "tool", ["b"]))).toBe("x tool:b");
    expect(text(excluding(read("tool:(a OR b)"), "tool", "a"))).toBe("tool:b -tool:a");
    expect(text(unexcluding(read("-tool:(a OR b) x"), "tool", "a"))).toBe("x -tool:b");
    expect(text(toggled(null, "tool", "two words"))).toBe('tool:"two words"');
    expect(text(toggled(null, "tool", "a*"))).toBe('tool:"a*"');
    expect(text(narrowed(read("a OR b"), { text: ["c"] }))).toBe("(a OR b) c");
  });

  it("know the span of durations", () => {
    const query = withDuration(read("x duration:>5s"), { min: 1_000, max: 2_500_000 });
    expect(printQuery(query)).toBe("x duration:>=1ms duration:<=2500ms");
    expect(durationOf(query)).toEqual({ min: 1_000, max: 2_500_000 });
    expect(printQuery(withDuration(query, {}))).toBe("x");
  });
});
