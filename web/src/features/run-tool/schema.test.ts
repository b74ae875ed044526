import { describe, expect, it } from "vitest";
import { fieldsOf, readArguments, readTyped } from "./schema";

const fields = fieldsOf({
  type: "object",
  required: ["repo", "count"],
  properties: {
    labels: { type: "array", items: { type: "string" } },
    repo: { type: "string", title: "Repository", description: "owner/name" },
    draft: { type: ["boolean", "null"], default: false },
    state: { enum: ["open", "closed"], default: "open" },
    count: { type: "integer" },
  },
});

function typed(name: string, text: string) {
  const field = fields.find((one) => one.name === name);
  if (!field) throw new Error(name);
  return readTyped(field, text);
}

describe("the form of a tool", () => {
  it("asks for what the schema names, required arguments first", () => {
    expect(fields.map(({ name, kind }) => `${name} ${kind}`)).toEqual([
      "repo text",
      "count number",
      "labels json",
      "draft boolean",
      "state choice",
    ]);
    expect(fields[0]).toMatchObject({ title: "Repository", description: "owner/name" });
    expect(fields.map(({ initial }) => initial)).toEqual(["", "", "", "false", '"open"']);
  });

  it("reads what was typed, and leaves out what was not", () => {
    expect(typed("repo", "acme/web")).toEqual({ value: "acme/web" });
    expect(typed("labels", '["bug"]')).toEqual({ value: ["bug"] });
    expect(typed("labels", "")).toEqual({ value: undefined });
    expect(typed("state", '"closed"')).toEqual({ value: "closed" });
  });

  it("finds what is wrong", () => {
    expect(typed("count", "")).toEqual({ isWrong: true });
    expect(typed("count", '"5"')).toEqual({ isWrong: true });
    expect(typed("labels", "[bug]")).toEqual({ isWrong: true });
    expect(readArguments("[1]")).toBeUndefined();
    expect(readArguments("{")).toBeUndefined();
  });

  it("takes a schema that says nothing", () => {
    expect(fieldsOf(undefined)).toEqual([]);
    expect(fieldsOf({ type: "object" })).toEqual([]);
    expect(fieldsOf(["odd"])).toEqual([]);
  });
});
