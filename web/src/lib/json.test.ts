import { describe, expect, it } from "vitest";
import { type Json, parseJson, printJson } from "./json";
import { jsonLines } from "./json-lines";

const NONE: ReadonlySet<string> = new Set();

function lines(value: unknown, toggled = NONE): string[] {
  return jsonLines(value as Json, toggled).map(({ depth, key, text, node, comma }) => {
    const closed = node && !node.isOpen ? ` ${node.count}` : "";
    return `${" ".repeat(depth)}${key === undefined ? "" : `${key}: `}${text}${closed}${comma ? "," : ""}`;
  });
}

describe("JSON", () => {
  it("prints as it was sent, indented", () => {
    const value = parseJson('{"a":[1,"b",null],"c":{},"d":[]}') as Json;
    expect(printJson(value)).toBe(
      '{\n  "a": [\n    1,\n    "b",\n    null\n  ],\n  "c": {},\n  "d": []\n}',
    );
  });

  it("becomes lines with brackets and commas where they belong", () => {
    expect(lines({ title: "x", draft: true, number: 1842 })).toEqual([
      "{",
      ' title: "x",',
      " draft: true,",
      " number: 1842",
      "}",
    ]);
  });

  it("keeps what is deep or long closed at first, with its size", () => {
    expect(lines({ a: { b: ["x", "y", "z"] } })).toEqual(["{", " a: {", "  b: [ 3", " }", "}"]);
    expect(lines({ many: Array(41).fill(0) })).toEqual(["{", " many: [ 41", "}"]);
    expect(lines({ none: [], nothing: {} })).toEqual(["{", " none: [ 0,", " nothing: { 0", "}"]);
  });

  it("opens and closes by path, for keys of any kind", () => {
    const value = { "a b": { c: [1] } };
    expect(lines(value, new Set(['$["a b"]']))).toEqual(["{", " a b: { 1", "}"]);
    expect(lines(value, new Set(['$["a b"].c']))).toEqual([
      "{",
      " a b: {",
      "  c: [",
      "   1",
      "  ]",
      " }",
      "}",
    ]);
  });

  it("gives every line a path of its own", () => {
    const paths = jsonLines({ a: [[1], [2]], b: { a: 1 } } as Json, NONE).map(({ path }) => path);
    expect(new Set(paths).size).toBe(paths.length);
  });
});
