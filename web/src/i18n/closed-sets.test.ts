import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { en } from "./en";
import { ko } from "./ko";

/** Where the words for each closed set of the API stand. */
const WORDS: Record<string, string[]> = {
  ActivityType: ["activity.names"],
  Door: ["toolCalls.drawer.doors"],
  ErrorKind: ["toolCalls.errorKinds", "toolCalls.errorKindNames", "toolCalls.errorHelp"],
  Isolation: ["servers.isolations"],
  LogLevel: ["serverLogs.levels"],
  PayloadMode: ["settings.payloads.modes"],
  Role: ["projects.roles"],
  ServerState: ["servers.states"],
  SessionEnd: ["sessions.ends"],
  ToolCallStatus: ["toolCalls.status"],
  Transport: ["servers.transports"],
  UpstreamState: ["servers.states"],
};

/** Sets of which no page shows a value: it decides what else is shown. */
const UNSHOWN = [
  "DeeplinkEncoding",
  "DiscardedKind",
  "InvitedAs",
  "Payloads",
  "Scope",
  "ServerLogKind",
  "TextFormat",
];

interface Schema {
  enum?: string[];
}

const document = JSON.parse(readFileSync("../docs/openapi.json", "utf8")) as {
  components: { schemas: Record<string, Schema> };
};
const sets = Object.entries(document.components.schemas).flatMap(([name, schema]) =>
  schema.enum ? [{ name, values: schema.enum }] : [],
);

function word(language: object, path: string): unknown {
  return path
    .split(".")
    .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], language);
}

describe("the closed sets of the API", () => {
  it("are all known here, as shown or not", () => {
    const known = [...Object.keys(WORDS), ...UNSHOWN];
    expect(sets.map(({ name }) => name).sort()).toEqual(known.sort());
  });

  for (const { name, values } of sets) {
    for (const [language, words] of Object.entries({ en, ko })) {
      it(`say each ${name} in ${language}`, () => {
        const places = (WORDS[name] ?? []).flatMap((place) =>
          values.map((one) => `${place}.${one}`),
        );
        expect(places.filter((place) => typeof word(words, place) !== "string")).toEqual([]);
      });
    }
  }
});
