import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Activity } from "@/api/types";
import { en } from "@/i18n/en";
import { ko } from "@/i18n/ko";
import { readActivityFilter } from "./activities";
import { sentenceKey } from "./sentence";
import { GROUP_OF, typesNamed } from "./types";

interface Document {
  components: { schemas: { ActivityType: { enum: string[] } } };
}

const document = JSON.parse(
  readFileSync(new URL("../../../../docs/openapi.json", import.meta.url), "utf8"),
) as Document;
const types = document.components.schemas.ActivityType.enum.toSorted();

describe("every type of activity", () => {
  for (const [language, { activity }] of Object.entries({ en, ko })) {
    it(`has a sentence and a name in ${language}`, () => {
      expect(Object.keys(activity.types).toSorted()).toEqual(types);
      expect(Object.keys(activity.names).toSorted()).toEqual(types);
    });

    it(`says who did it in ${language}`, () => {
      const silent = Object.entries(activity.types).filter(
        ([, text]) => !text.includes("{{actor}}"),
      );
      expect(silent.map(([type]) => type)).toEqual(["member_left"]);
    });
  }

  it("can be filtered for", () => {
    expect([...Object.keys(GROUP_OF), "unknown"].toSorted()).toEqual(types);
  });
});

describe("what people did to themselves", () => {
  const activity = { type: "password_changed", target_id: "1", actor: { user_id: "1" } };

  it("is worded so", () => {
    expect(sentenceKey(activity as Activity)).toBe("activity.selves.password_changed");
    const other = { ...activity, actor: { user_id: "2" } };
    expect(sentenceKey(other as Activity)).toBe("activity.types.password_changed");
  });
});

describe("the filter of an address", () => {
  it("keeps what makes sense", () => {
    const who = "0192f0c1-0000-7000-8000-000000000000";
    const sane = { what: "servers", who, from: "2026-11-22", to: "2026-11-23" };
    expect(readActivityFilter(sane)).toEqual(sane);
    expect(readActivityFilter({ what: "walrus", who: "me", from: "2026-13-40", x: "1" })).toEqual(
      {},
    );
  });

  it("names one type, or all of a group", () => {
    expect(typesNamed("server_created")).toEqual(["server_created"]);
    expect(typesNamed("members")).toContain("member_left");
    expect(typesNamed("walrus")).toEqual([]);
  });
});
