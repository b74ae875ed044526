import { describe, expect, it } from "vitest";
import { en } from "./en";
import { ko } from "./ko";

interface Words {
  [key: string]: string | Words;
}

/** Every text with its path; the forms of one plural count as one text. */
function texts(words: Words, path = ""): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const [key, value] of Object.entries(words)) {
    if (typeof value === "string") {
      const name = path + key.replace(/_(one|other)$/, "");
      found.set(name, [...(found.get(name) ?? []), value]);
    } else {
      for (const [name, values] of texts(value, `${path}${key}.`)) found.set(name, values);
    }
  }
  return found;
}

function placeholders(values: string[]): string[] {
  return [
    ...new Set(values.flatMap((value) => value.match(/\{\{[\w, ]+\}\}|<\/?b>/g) ?? [])),
  ].sort();
}

const english = texts(en);
const korean = texts(ko);

describe("the languages", () => {
  it("say the same things", () => {
    expect([...korean.keys()].sort()).toEqual([...english.keys()].sort());
  });

  it("fill the same places in each text", () => {
    for (const [name, values] of english) {
      expect(placeholders(korean.get(name) ?? []), name).toEqual(placeholders(values));
    }
  });

  it("leave nothing in English in Korean, save names", () => {
    const same = [...english].filter(
      ([name, [text]]) => text !== "" && korean.get(name)?.[0] === text,
    );
    expect(same.map(([name]) => name).sort()).toEqual([
      "range.custom",
      "range.zones.utc",
      "servers.form.commandPlaceholder",
      "servers.form.namePlaceholder",
      "shell.product",
      "toolCalls.drawer.doors.rest",
      "toolCalls.drawer.doors.sse",
      "toolCalls.drawer.doors.stateless_http",
      "toolCalls.drawer.doors.streamable_http",
      "toolCalls.drawer.fields.trace",
    ]);
  });
});
