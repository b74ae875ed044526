import { archive, archivedCalls } from "../environment.ts";
import { expect, test } from "../watched.ts";

test("scrolling back reaches the first of 100,000 calls, with few rows drawn", async ({ page }) => {
  test.setTimeout(600_000);
  expect(archivedCalls, "./test browser records so many").toBe(100_000);
  await page.goto(`/projects/${archive}/tool-calls?last=24h&live=off`);
  const rows = page.locator('[role="row"][aria-selected]');
  await expect(rows.first()).toContainText(`{"number":${archivedCalls - 1}}`);

  const reached = await page.getByRole("grid").evaluate(async (grid, count) => {
    let mostRows = 0;
    const isThere = () => grid.textContent?.includes('{"number":0}');
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    while (!isThere()) {
      grid.scrollTop = grid.scrollHeight;
      await frame();
      mostRows = Math.max(mostRows, grid.querySelectorAll('[role="row"]').length);
    }
    return { mostRows, rows: Number(grid.getAttribute("aria-rowcount")) - 1, count };
  }, archivedCalls);
  expect(reached.rows).toBe(archivedCalls);
  expect(reached.mostRows).toBeLessThanOrEqual(90);

  await rows.last().click();
  await expect(page.getByRole("complementary", { name: "Tool call" })).toContainText("numbered");
});
