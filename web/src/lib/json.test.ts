import { describe, expect, it } from "vitest";
import { type Json, parseJson, printJson } from "./json";
import { jsonLines } from "./json-lines";
import { findInJson, MOST_MATCHES } from "./json-search";

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

describe("a search in JSON", () => {
  const value = { repo: "Acme", items: [{ id: 7, deep: { note: "about ACME" } }, { id: 17 }] };

  it("finds names and values, whatever their case, with what they stand in", () => {
    expect(findInJson(value as Json, "acme").map(({ path }) => path)).toEqual([
      "$.repo",
      "$.items[0].deep.note",
    ]);
    expect(findInJson(value as Json, "ITEMS")).toEqual([{ path: "$.items", parents: ["$"] }]);
    expect(findInJson(value as Json, "7").map(({ path }) => path)).toEqual([
      "$.items[0].id",
      "$.items[1].id",
    ]);
    expect(findInJson(value as Json, "")).toEqual([]);
  });

  it("opens what a match stands in, and nothing else", () => {
    const [, match] = findInJson(value as Json, "acme");
    const shut = jsonLines(value as Json, NONE).map(({ path }) => path);
    expect(shut).not.toContain(match?.path);
    const opened = jsonLines(value as Json, NONE, match?.parents).map(({ path }) => path);
    expect(opened).toContain(match?.path);
  });

  it("ends where nobody steps any more", () => {
    const many = Array(2 * MOST_MATCHES).fill("x") as Json;
    expect(findInJson(many, "x")).toHaveLength(MOST_MATCHES);
  });
});
