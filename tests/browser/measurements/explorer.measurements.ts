import { type Browser, type CDPSession, type Page, test } from "@playwright/test";
import { apiKey, project, server, sessionFile, webUrl } from "../environment.ts";
import { openLiveCalls, toolCallsUrl } from "../pages.ts";
import { median, paints, say, untilShown, watchTasks, workedMs } from "./figures.ts";

const LOADS = 5;
const ASKED = 5;
const SCROLL_PX = 560;
const ROW_PX = 28;
const ROWS_BACK = 50_000;
const LIVE_SECONDS = 60;
const LIVE_PER_SECOND = 100;

const ROW = '[role="row"][aria-selected]';
const DRAWER = 'aside[aria-label="Tool call"]';

/** All stored calls, and nothing that arrives meanwhile. */
const range = `from=${process.env.MCPORCH_CALLS_FROM ?? ""}`;
const allUrl = `${toolCallsUrl}?${range}&live=off`;

const steps = { load, filter, type, open, arrive, live, ask, scroll };

for (const [name, step] of Object.entries(steps)) {
  test(name, async ({ page, browser }) => {
    const session = await page.context().newCDPSession(page);
    await session.send("Performance.enable");
    await step(page, session, browser);
  });
}

/** A first page in a browser that has none of its files. */
async function load(_: Page, __: CDPSession, browser: Browser): Promise<void> {
  for (const [what, url] of [
    ["the explorer", allUrl],
    ["metrics", `/projects/${project}/metrics?${range}`],
  ] as const) {
    const seen: Awaited<ReturnType<typeof paints>>[] = [];
    for (let time = 0; time < LOADS; time += 1) {
      const context = await browser.newContext({
        baseURL: webUrl,
        storageState: sessionFile,
        locale: "en-US",
      });
      const page = await context.newPage();
      await page.goto(url);
      await page.waitForLoadState("networkidle");
      seen.push(await paints(page));
      await context.close();
    }
    say(`${what}: first contentful paint`, median(seen.map(({ first }) => first)), "ms", "<= 800");
    say(`${what}: largest contentful paint`, median(seen.map(({ largest }) => largest)), "ms", "<= 1200");
    say(`${what}: layout shift, in thousandths`, Math.max(...seen.map(({ shift }) => 1_000 * shift)), "", "<= 20");
  }
}

/** What the page asks the log for, answer by answer, as the page receives it. */
async function ask(page: Page): Promise<void> {
  await page.goto(allUrl);
  const questions = [
    ["first page", "?limit=100"],
    ["first page of a filter", "?limit=100&q=status:error"],
    ["search in texts", '?limit=100&q="connection refused"'],
    ["facets", "/facets?"],
    ["facets of a filter", "/facets?q=status:error"],
    ["histogram", "/histogram?"],
    ["summary", "/summary?"],
    ["figures over time", "/timeseries?"],
    ["top tools", "/breakdown?by=tool"],
  ] as const;
  for (const [what, path] of questions) {
    const url = `/api/v1/projects/${project}/tool-calls${path}${path.endsWith("?") ? "" : "&"}${range}`;
    const times = await page.evaluate(
      async ({ url, count }) => {
        const times: number[] = [];
        for (let time = 0; time < count; time += 1) {
          const from = performance.now();
          const answer = await fetch(url);
          await answer.text();
          if (!answer.ok) throw new Error(`${answer.status} ${url}`);
          times.push(performance.now() - from);
        }
        return times;
      },
      { url, count: ASKED },
    );
    say(`answer: ${what}`, median(times), "ms");
  }
}

/** A filter that was shown before, from the key to its rows. */
async function filter(page: Page): Promise<void> {
  const bar = page.getByRole("combobox", { name: "Filter" });
  const send = async (query: string) => {
    await bar.fill(query);
    await bar.press("Enter");
    await page.waitForURL((url) => (url.searchParams.get("q") ?? "") === query);
    await page.locator(ROW).first().waitFor();
    await page.waitForLoadState("networkidle");
  };
  const times: number[] = [];
  await page.goto(allUrl);
  await send("status:error");
  for (let time = 0; time < ASKED; time += 1) {
    await send("");
    await bar.fill("status:error");
    const chosen = { selector: 'aside [role="checkbox"][aria-checked="true"]', text: "Error" };
    times.push(await untilShown(page, () => bar.press("Enter"), chosen));
  }
  say("a filter from the cache, key to rows", median(times), "ms", "<= 100");
  await send("");
}

async function scroll(page: Page, session: CDPSession): Promise<void> {
  await page.goto(allUrl);
  await page.locator(ROW).first().waitFor();
  await page.waitForLoadState("networkidle");
  const before = await workedMs(session);
  const longest = await watchTasks(page);
  const from = Date.now();
  const seen = await page.getByRole("grid").evaluate(
    async (grid, { px, until, row }) => {
      const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
      let [mostRows, blanks, frames, waits] = [0, 0, 0, 0];
      while (grid.scrollTop + grid.clientHeight < until) {
        const at = grid.scrollTop;
        grid.scrollTop += px;
        await frame();
        if (grid.scrollTop === at) waits += 1;
        else frames += 1;
        const drawn = grid.querySelectorAll(row).length;
        mostRows = Math.max(mostRows, drawn);
        if (drawn === 0) blanks += 1;
      }
      return { mostRows, blanks, frames, waits };
    },
    { px: SCROLL_PX, until: ROWS_BACK * ROW_PX, row: ROW },
  );
  const worked = (await workedMs(session)) - before;
  say(`${ROWS_BACK} rows back in ${seen.frames} frames`, (Date.now() - from) / 1_000, "s");
  say("frames that waited for older rows", seen.waits, "");
  say(`main thread a frame of ${SCROLL_PX} px`, worked / (seen.frames + seen.waits), "ms", "<= 14");
  say("longest task meanwhile", await longest(), "ms");
  say("rows drawn at most", seen.mostRows, "", "<= 90");
  say("frames without a row", seen.blanks, "", "0");
}

async function type(page: Page, session: CDPSession): Promise<void> {
  await page.goto(allUrl);
  await page.waitForLoadState("networkidle");
  const text = 'status:error tool:get_issues duration:>1s "permission"';
  await page.keyboard.press("/");
  const before = await workedMs(session);
  await page.keyboard.type(text);
  const worked = (await workedMs(session)) - before;
  say("main thread a keystroke in the query bar", worked / text.length, "ms", "<= 16");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");
}

/** Calls with large results: from the end of the answer to its tree on the screen. */
async function open(page: Page): Promise<void> {
  const sizes = [
    [65_536, 100],
    [5_000_000, 300],
  ] as const;
  for (const [bytes, budget] of sizes) {
    await page.route(/\/tool-calls\/[\da-f-]{36}$/, async (route) => {
      const one = await (await route.fetch()).json();
      const items = Array.from({ length: bytes / 100 }, (_, index) => ({
        index,
        title: `an item of the answer ${index}`.padEnd(72, "."),
      }));
      one.result = { ...one.result, value: { of: one.id, items }, text: null, size_bytes: bytes };
      await route.fulfill({ json: one });
    });
    await page.goto(allUrl);
    await page.locator(ROW).first().click();
    const drawer = page.locator(DRAWER);
    await drawer.getByRole("tab", { name: "Result" }).click();
    await drawer.getByText('"of"').waitFor();
    const times: number[] = [];
    for (let time = 1; time <= ASKED; time += 1) {
      const id = (await page.locator(ROW).nth(time).getAttribute("id"))?.replace("call-", "") ?? "";
      const sight = { selector: DRAWER, text: `"${id}"`, answer: id };
      times.push(await untilShown(page, () => page.keyboard.press("j"), sight));
    }
    say(`a result of ${Math.round(bytes / 1_000)} kB: answer to tree`, median(times), "ms", `<= ${budget}`);
    await page.unroute(/\/tool-calls\/[\da-f-]{36}$/);
    await page.keyboard.press("Escape");
  }
}

/** Rows that arrive above a reader who is further down. */
async function arrive(page: Page): Promise<void> {
  await openLiveCalls(page, `?${range}`);
  const grid = page.getByRole("grid");
  await grid.evaluate((element) => element.scrollTo({ top: 700 }));
  const row = page.locator(ROW).nth(30);
  const id = await row.getAttribute("id");
  const top = () => page.locator(`[id="${id}"]`).evaluate((one) => one.getBoundingClientRect().top);
  const before = await top();
  for (let count = 0; count < 100; count += 1) await call(count);
  await page.getByRole("button", { name: /100 new calls/ }).waitFor();
  say("drift while 100 calls arrive", Math.abs((await top()) - before), "px", "0");
}

/** As many calls a second as rows may move. */
async function live(page: Page, session: CDPSession): Promise<void> {
  await openLiveCalls(page);
  const pending = new Set<Promise<void>>();
  let made = 0;
  const make = async (seconds: number) => {
    const from = Date.now();
    const first = made;
    while (Date.now() - from < seconds * 1_000) {
      const due = first + ((Date.now() - from) / 1_000) * LIVE_PER_SECOND;
      for (; made < due; made += 1) {
        const one: Promise<void> = call(made).finally(() => pending.delete(one));
        pending.add(one);
      }
      if (pending.size > 64) await Promise.race(pending);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await Promise.all(pending);
    return (made - first) / ((Date.now() - from) / 1_000);
  };
  await make(1);
  const longest = await watchTasks(page);
  const before = await workedMs(session);
  const rate = await make(LIVE_SECONDS);
  const worked = (await workedMs(session)) - before;
  say(`calls a second for ${LIVE_SECONDS} s`, rate, "", `${LIVE_PER_SECOND}`);
  say("longest task meanwhile (0: none above 50)", await longest(), "ms", "<= 50");
  say("main thread a second", worked / LIVE_SECONDS, "ms");
  const kept = await page.getByRole("rowgroup").last().evaluate((rows) => rows.clientHeight);
  say("rows kept", Math.round(kept / ROW_PX), "", "<= 5,000");
}

/** A call of the sample server that nobody waits for long. */
async function call(number: number): Promise<void> {
  const url = `${webUrl}/api/v1/projects/${project}/servers/${server}/tools/add/call`;
  const called = await fetch(url, {
    method: "POST",
    headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
    body: JSON.stringify({ arguments: { a: number, b: 1 } }),
  });
  if (!called.ok) throw new Error(await called.text());
  await called.arrayBuffer();
}
