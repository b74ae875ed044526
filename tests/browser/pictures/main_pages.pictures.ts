import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type APIRequestContext, expect, type Page, test } from "@playwright/test";
import { mcpUrl, project as demo, signInLink, webUrl } from "../environment.ts";
import { team } from "./team.mjs";
import { type Entry, makeCalls } from "./traffic.ts";

/** Where README and docs look for them. */
const folder = "../../docs/images";

const script = fileURLToPath(new URL("team_server.mjs", import.meta.url));

/** What pictures show; before it lies as much again, for the comparisons. */
const SHOWN_MINUTES = Number(process.env.MCPORCH_PICTURED_MINUTES ?? 3);
const SHOWN_MS = SHOWN_MINUTES * 60_000;
/** From when to when, of what is shown, a server is in trouble. */
const INCIDENT = [0.72, 1.5] as const;

const project = "acme-platform";
const last = `last=${SHOWN_MINUTES}m`;

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
    path: `/tool-calls?${last}`,
    prepare: async (page) => {
      const failed = page.getByRole("row").filter({ hasText: "too many clients" }).first();
      // By the mouse it would be another one: the list moves.
      await failed.dispatchEvent("click");
      await page.getByRole("tablist").waitFor();
    },
  },
  {
    name: "metrics",
    path: `/metrics?${last}`,
    prepare: (page) => page.locator("[role=slider] canvas").nth(1).waitFor(),
  },
];

/** A project whose servers have an incident between two moments. */
async function madeProject(request: APIRequestContext, from: number, to: number): Promise<Entry> {
  const post = async (path: string, data: object): Promise<Record<string, string>> => {
    const answer = await request.post(`/api/v1/projects${path}`, { data });
    expect(answer.status(), await answer.text()).toBe(201);
    return answer.json();
  };
  await post("", { name: "Acme Platform", slug: project });
  for (const name of Object.keys(team)) {
    const args = [script, name, `${from}`, `${to}`];
    const definition = { name, transport: "stdio", command: process.execPath, args };
    await post(`/${project}/servers`, { ...definition, timeout_ms: 4_000 });
  }
  const { key } = await post(`/${project}/api-keys`, { name: "The team" });
  return { url: mcpUrl.replace(`/${demo}/`, `/${project}/`), key: key ?? "" };
}

test("the main pages, in each look", async ({ browser }) => {
  test.setTimeout(2 * SHOWN_MS + 120_000);
  mkdirSync(folder, { recursive: true });
  const first = await browser.newContext({ baseURL: webUrl });
  const page = await first.newPage();
  await page.goto(signInLink);
  await page.waitForURL(/\/projects/);
  const until = Date.now() + 2 * SHOWN_MS;
  const [from, to] = INCIDENT.map((part) => until - SHOWN_MS * (1 - part));
  const entry = await madeProject(first.request, from ?? 0, to ?? 0);
  const stop = new AbortController();
  const calls = makeCalls(entry, stop.signal);
  await new Promise((done) => setTimeout(done, until - Date.now()));
  const storageState = await first.storageState();
  await first.close();

  for (const { suffix, ...look } of looks) {
    const context = await browser.newContext({
      ...look,
      baseURL: webUrl,
      storageState,
      viewport: { width: 1440, height: 810 },
    });
    const page = await context.newPage();
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
  stop.abort();
  await calls;
});
