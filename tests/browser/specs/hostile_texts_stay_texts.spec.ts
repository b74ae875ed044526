import { fileURLToPath } from "node:url";
import type { Page } from "@playwright/test";
import { project } from "../environment.ts";
import { hostileTexts } from "../hostile_texts.mjs";
import { toolCallsUrl } from "../pages.ts";
import { expect, test } from "../watched.ts";

/** As many at once as a connection takes. */
const AT_ONCE = 12;

const script = fileURLToPath(new URL("../hostile_server.mjs", import.meta.url));

test("300 hostile texts as names, arguments, results and stderr stay texts", async ({ page }) => {
  test.setTimeout(240_000);
  page.on("dialog", (dialog) => {
    throw new Error(`a dialog: ${dialog.message()}`);
  });
  const name = `hostile ${Date.now()}`;
  const servers = `/api/v1/projects/${project}/servers`;
  const server = { name, transport: "stdio", command: process.execPath, args: [script] };
  const added = await page.request.post(servers, { data: server });
  expect(added.status(), await added.text()).toBe(201);
  const { id } = (await added.json()) as { id: string };

  const call = async (text: string) => {
    const url = `${servers}/${id}/tools/${encodeURIComponent(text)}/call`;
    const called = await page.request.post(url, { data: { arguments: { text } } });
    expect(called.status(), text).toBe(200);
  };
  for (let at = 0; at < hostileTexts.length; at += AT_ONCE) {
    await Promise.all(hostileTexts.slice(at, at + AT_ONCE).map(call));
  }

  await page.goto(`${toolCallsUrl}?server=${encodeURIComponent(name)}`);
  const rows = page.locator('[role="row"][aria-selected]');
  await rows.first().waitFor();
  const grid = page.getByRole("grid");
  for (let step = 0; step < 12; step += 1) {
    await grid.evaluate((element) => element.scrollBy(0, element.clientHeight));
    await harmless(page);
  }
  await grid.evaluate((element) => element.scrollTo(0, 0));
  for (let at = 0; at < 24; at += 1) {
    await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    const drawer = page.getByRole("complementary", { name: "Tool call" });
    for (const tab of ["Arguments", "Result", "Overview"]) {
      await drawer.getByRole("tab", { name: tab }).click();
      await expect(drawer.getByRole("tabpanel")).toBeVisible();
    }
    await harmless(page);
  }

  const pages = [
    `/projects/${project}`,
    `/projects/${project}/metrics`,
    `/projects/${project}/servers/${encodeURIComponent(name)}`,
    `/projects/${project}/server-logs?server=${encodeURIComponent(name)}`,
  ];
  for (const url of pages) {
    await page.goto(url);
    await page.getByText(hostileTexts[0] ?? "").first().or(page.getByRole("log")).first().waitFor();
    await harmless(page);
  }
  expect((await page.request.delete(`${servers}/${id}`)).ok()).toBe(true);
});

test("hostile names of servers are refused, or stay names", async ({ page }) => {
  test.setTimeout(240_000);
  const servers = `/api/v1/projects/${project}/servers`;
  const kept: string[] = [];
  for (const name of hostileTexts) {
    const server = { name, transport: "stdio", command: "true", is_enabled: false };
    const added = await page.request.post(servers, { data: server });
    expect([201, 400, 409, 422], `${added.status()} ${name}`).toContain(added.status());
    if (added.status() === 201) kept.push(((await added.json()) as { id: string }).id);
  }
  await page.goto(`/projects/${project}/servers`);
  await page.locator("main li").first().waitFor();
  await harmless(page);
  for (const id of kept) {
    expect((await page.request.delete(`${servers}/${id}`)).ok()).toBe(true);
  }
});

/** Nothing ran, nothing was taken for markup, and the page is as wide as its window. */
async function harmless(page: Page): Promise<void> {
  const found = await page.evaluate(() => ({
    ran: "hostile" in window,
    elements: document.querySelectorAll(
      "iframe, object, embed, video, marquee, math, base, meta[http-equiv], body style + style, img, #root script, #root form[action]",
    ).length,
    handlers: [...document.querySelectorAll("#root *")].filter((element) =>
      element.getAttributeNames().some((name) => name.startsWith("on")),
    ).length,
    tooWide: document.documentElement.scrollWidth > window.innerWidth,
    links: [...document.querySelectorAll("a[href]")].filter(
      (link) => new URL((link as HTMLAnchorElement).href).origin !== location.origin,
    ).length,
  }));
  expect(found).toEqual({ ran: false, elements: 0, handlers: 0, tooWide: false, links: 0 });
}
