import { mkdirSync } from "node:fs";
import { type BrowserContext, type Page, test } from "@playwright/test";
import { project, signInLink, webUrl } from "../environment.ts";
import { callTool } from "../mcp.ts";
import { rowsOf } from "../pages.ts";

/** Where README and docs look for them. */
const folder = "../../docs/images";

const calls: [string, Record<string, unknown>][] = [
  ["echo", { text: "the deploy of 14:20 is healthy" }],
  ["add", { a: 2, b: 40 }],
  ["slow", { seconds: 0.4, steps: 4 }],
  ["large", { size_bytes: 40_000 }],
  ["fail", { message: "rate limit: 60 calls a minute, try again in 12 s" }],
  ["add", { a: 1.5, b: 2.25 }],
  ["protocol_error", {}],
  ["echo", { text: "is the checkout slow again?" }],
];

const looks = [
  { suffix: "", locale: "en-US", timezoneId: "Europe/Berlin", colorScheme: "dark" },
  { suffix: ".ko", locale: "ko-KR", timezoneId: "Asia/Seoul", colorScheme: "dark" },
  { suffix: "-light", locale: "en-US", timezoneId: "Europe/Berlin", colorScheme: "light" },
] as const;

interface Picture {
  name: string;
  path: string;
  /** What is done, and waited for, before it is taken. */
  prepare: (page: Page) => Promise<void>;
}

const pictures: Picture[] = [
  {
    name: "tool-calls",
    path: "/tool-calls",
    prepare: async (page) => {
      await rowsOf(page, "fail").first().click();
      await page.getByRole("tablist").waitFor();
    },
  },
  {
    name: "metrics",
    path: "/metrics?last=15m",
    prepare: (page) => page.locator("[role=slider] canvas").nth(1).waitFor(),
  },
];

test("the main pages, in each look", async ({ browser }) => {
  mkdirSync(folder, { recursive: true });
  for (let round = 0; round < 3; round += 1) {
    for (const [tool, args] of calls) await callTool(tool, args);
  }
  let signedIn: Awaited<ReturnType<BrowserContext["storageState"]>> | undefined;
  for (const { suffix, ...look } of looks) {
    const context = await browser.newContext({
      ...look,
      baseURL: webUrl,
      storageState: signedIn,
      viewport: { width: 1440, height: 810 },
    });
    const page = await context.newPage();
    if (!signedIn) {
      await page.goto(signInLink);
      await page.waitForURL(/\/projects/);
      signedIn = await context.storageState();
    }
    for (const { name, path, prepare } of pictures) {
      await page.goto(`/projects/${project}${path}`);
      await prepare(page);
      // Fonts and what the page asks for last.
      await page.waitForLoadState("load");
      await page.evaluate(() => document.fonts.ready);
      await page.screenshot({ path: `${folder}/${name}${suffix}.png` });
    }
    await context.close();
  }
});
