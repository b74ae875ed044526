import { project } from "../environment.ts";
import { callTool } from "../mcp.ts";
import { expect, test } from "../watched.ts";

const url = `/projects/${project}/metrics`;

test("each figure leads to the calls that it counts", async ({ page }) => {
  const message = `the quota of ${Date.now()} is used up`;
  // More often than any other, to stand among the most frequent ones.
  for (let time = 0; time < 5; time += 1) await callTool("fail", { message });
  await callTool("add", { a: 1, b: 2 });
  await page.goto(url);
  const figures = page.getByRole("region", { name: "Figures" });
  await expect(figures.getByRole("link", { name: /Success rate/ })).toContainText(/\d+(\.\d)?%/);

  await page.getByRole("link", { name: message }).click();
  await expect(page.getByRole("grid")).toBeVisible();
  await expect(page.getByRole("combobox", { name: "Filter" })).toHaveValue(
    `status:(error OR timeout OR cancelled) error:"${message}"`,
  );
  await expect(page.locator('[role="row"][aria-selected]')).toHaveCount(5);

  await page.goBack();
  await figures.getByRole("link", { name: /Failed/ }).click();
  await expect(page.getByRole("combobox", { name: "Filter" })).toHaveValue(
    "status:(error OR timeout OR cancelled)",
  );
});

test("the charts narrow to a drag, and open the calls of a bucket by key or click", async ({
  page,
}) => {
  await callTool("add", { a: 1, b: 2 });
  await page.goto(`${url}?last=15m`);
  const chart = page.getByRole("slider", { name: /Calls over time/ });
  await chart.focus();
  await page.keyboard.press("ArrowLeft");
  await expect(chart).toHaveAttribute("aria-valuetext", /^\d\d:\d\d(:\d\d)?, Error \d+/);
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/tool-calls\?.*from=.*&to=/);

  await page.goBack();
  const box = await chart.boundingBox();
  if (!box) throw new Error("no chart");
  await page.mouse.move(box.x + box.width * 0.6, box.y + 60);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width - 20, box.y + 60, { steps: 6 });
  await page.mouse.up();
  await expect(page).toHaveURL(/metrics\?.*from=.*&to=/);
  await expect(page.getByRole("button", { name: /Time range/ })).toContainText(/20\d\d-/);
});

test("where a filter leaves nothing, the page says so and offers a way out", async ({ page }) => {
  await callTool("add", { a: 1, b: 2 });
  await page.goto(`${url}?q=tool:no-such-tool`);
  await expect(page.getByRole("heading", { name: "No call matches" })).toBeVisible();
  await page.getByRole("button", { name: "Clear the filter" }).last().click();
  await expect(page.getByRole("heading", { name: "Most called tools" })).toBeVisible();
});
