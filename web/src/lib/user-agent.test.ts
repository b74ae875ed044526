import { expect, it } from "vitest";
import { browserName } from "./user-agent";

it("a browser is called by its name and its system, not by those that it imitates", () => {
  const webkit = "AppleWebKit/537.36 (KHTML, like Gecko)";
  expect(
    browserName(`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${webkit} Chrome/140.0 Safari/537.36`),
  ).toBe("Chrome · Windows");
  expect(
    browserName(`Mozilla/5.0 (X11; Linux x86_64) ${webkit} Chrome/140.0 Safari/537.36 Edg/140.0`),
  ).toBe("Edge · Linux");
  expect(
    browserName("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1"),
  ).toBe("Safari · iOS");
  expect(browserName("curl/8.5.0")).toBe("curl/8.5.0");
});
