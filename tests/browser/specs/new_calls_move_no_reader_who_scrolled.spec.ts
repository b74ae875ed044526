import { callTool } from "../mcp.ts";
import { openLiveCalls } from "../pages.ts";
import { expect, test } from "../watched.ts";

const CALLS_TO_SCROLL = 40;

test.use({ viewport: { width: 1440, height: 420 } });

test("new calls wait behind a button while the reader is further down", async ({ page }) => {
  test.setTimeout(120_000);
  for (let count = 0; count < CALLS_TO_SCROLL; count += 8) {
    await Promise.all(Array.from({ length: 8 }, () => callTool("add", { a: count, b: 1 })));
  }
  await openLiveCalls(page);
  const grid = page.getByRole("grid");
  await expect(page.getByRole("row").nth(5)).toBeVisible();
  await grid.evaluate((element) => element.scrollTo({ top: 300 }));
  const marked = page.getByRole("row").nth(14);
  const id = await marked.getAttribute("id");
  const row = page.locator(`[id="${id}"]`);
  const before = await row.boundingBox();

  await callTool("echo", { text: "one" });
  await callTool("echo", { text: "two" });
  const pill = page.getByRole("button", { name: "2 new calls" });
  await expect(pill).toBeVisible();
  expect(await row.boundingBox()).toEqual(before);
  expect(await grid.evaluate((element) => element.scrollTop)).toBe(300);

  await pill.click();
  await expect(pill).toBeHidden();
  await expect.poll(() => grid.evaluate((element) => element.scrollTop)).toBe(0);
  await expect(page.getByRole("row").nth(1)).toContainText("echo");
  await expect(page.getByRole("row").nth(2)).toContainText("echo");
});

test("j, k, Enter and Escape walk through the calls", async ({ page }) => {
  await openLiveCalls(page);
  const selected = page.locator('[role="row"][aria-selected="true"]');
  await page.keyboard.press("j");
  await expect(selected).toHaveAttribute("aria-rowindex", "2");
  await page.keyboard.press("j");
  await expect(selected).toHaveAttribute("aria-rowindex", "3");
  await page.keyboard.press("Enter");
  const drawer = page.getByRole("complementary", { name: "Tool call" });
  await expect(drawer).toBeVisible();
  const address = page.url();
  await page.keyboard.press("k");
  await expect(selected).toHaveAttribute("aria-rowindex", "2");
  await expect(page).not.toHaveURL(address);
  await page.keyboard.press("Escape");
  await expect(drawer).toBeHidden();
});
