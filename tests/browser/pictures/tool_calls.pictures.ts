import { mkdirSync } from "node:fs";
import { type BrowserContext, test } from "@playwright/test";
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
  ["echo", { text: "결제 장애 조사" }],
];

const looks = [
  { name: "tool-calls", locale: "en-US", timezoneId: "Europe/Berlin", colorScheme: "dark" },
  { name: "tool-calls.ko", locale: "ko-KR", timezoneId: "Asia/Seoul", colorScheme: "dark" },
  { name: "tool-calls-light", locale: "en-US", timezoneId: "Europe/Berlin", colorScheme: "light" },
] as const;

test("the call list with an open call, in each look", async ({ browser }) => {
  mkdirSync(folder, { recursive: true });
  for (let round = 0; round < 3; round += 1) {
    for (const [tool, args] of calls) await callTool(tool, args);
  }
  let signedIn: Awaited<ReturnType<BrowserContext["storageState"]>> | undefined;
  for (const { name, ...look } of looks) {
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
    await page.goto(`/projects/${project}/tool-calls`);
    await rowsOf(page, "fail").first().click();
    await page.getByRole("tablist").waitFor();
    // Fonts and the drawer's own request.
    await page.waitForLoadState("load");
    await page.evaluate(() => document.fonts.ready);
    await page.screenshot({ path: `${folder}/${name}.png` });
    await context.close();
  }
});
