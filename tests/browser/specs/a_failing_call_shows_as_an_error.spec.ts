import { callTool } from "../mcp.ts";
import { openLiveCalls, rowsOf } from "../pages.ts";
import { expect, test } from "../watched.ts";

test("a tool that says it failed shows as an error, explained", async ({ page }) => {
  await openLiveCalls(page);
  const rows = rowsOf(page, "fail");
  const before = await rows.count();
  const called = await callTool("fail", { message: "the disk is full" });
  expect(called.exitCode).toBe(1);

  await expect(rows).toHaveCount(before + 1);
  await expect(rows.first()).toContainText("Error");
  await rows.first().click();
  const drawer = page.getByRole("complementary", { name: "Tool call" });
  await expect(drawer.getByRole("heading", { name: "The tool reported an error" })).toBeVisible();
  await drawer.getByRole("tab", { name: "Result" }).click();
  await expect(drawer.getByRole("tabpanel")).toContainText("the disk is full");
});

test("failures of the same message are a click away", async ({ page }) => {
  const message = `out of paper ${Date.now()}`;
  await callTool("fail", { message });
  await callTool("fail", { message: "something else" });
  await openLiveCalls(page);
  await rowsOf(page, "fail").filter({ hasText: message }).click();
  const drawer = page.getByRole("complementary", { name: "Tool call" });
  await drawer.getByRole("button", { name: "Show similar" }).click();
  await expect(page.getByRole("combobox", { name: "Filter" })).toHaveValue(`error:"${message}"`);
  await expect(rowsOf(page, "fail")).toHaveCount(1);
});

test("the status filter stands in the address, and shows failures alone", async ({ page }) => {
  await callTool("echo", { text: "fine" });
  await callTool("fail", { message: "not fine" });
  await openLiveCalls(page);
  await expect(rowsOf(page, "fail").first()).toBeVisible();

  await page.getByRole("checkbox", { name: "Error", exact: true }).click();
  await expect(page).toHaveURL(/q=status%3Aerror/);
  await expect(page.getByRole("combobox", { name: "Filter" })).toHaveValue("status:error");
  await expect(rowsOf(page, "fail").first()).toBeVisible();
  await expect(rowsOf(page, "echo")).toHaveCount(0);

  await page.reload();
  await expect(rowsOf(page, "fail").first()).toBeVisible();
  await expect(rowsOf(page, "echo")).toHaveCount(0);
  await page.getByRole("button", { name: "Clear the filter" }).click();
  await expect(rowsOf(page, "echo").first()).toBeVisible();
});
