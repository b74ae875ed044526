import { expect, it } from "vitest";
import { chooseLanguage } from "./language";

it("the language is the chosen one, else the first of the browser's that we speak", () => {
  expect(chooseLanguage("ko", ["en-US"])).toBe("ko");
  expect(chooseLanguage(null, ["fr-FR", "ko-KR", "en"])).toBe("ko");
  expect(chooseLanguage("xx", ["de"])).toBe("en");
  expect(chooseLanguage(null, [])).toBe("en");
});
