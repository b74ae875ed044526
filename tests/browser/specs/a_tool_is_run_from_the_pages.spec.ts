import { project, server } from "../environment.ts";
import { callTool } from "../mcp.ts";
import { openLiveCalls, rowsOf } from "../pages.ts";
import { expect, test } from "../watched.ts";

test("a tool is run from the form that its schema makes, and found in the log", async ({ page }) => {
  await page.goto(`/projects/${project}/servers/${server}`);
  await page.getByRole("button", { name: "Run add" }).click();
  const dialog = page.getByRole("dialog", { name: "Run add" });
  await dialog.getByLabel("a", { exact: true }).fill("many");
  await dialog.getByRole("button", { name: "Run", exact: true }).click();
  await expect(dialog.getByText("A number is expected.").first()).toBeVisible();

  await dialog.getByLabel("a", { exact: true }).fill("2");
  await dialog.getByLabel("b", { exact: true }).fill("40");
  await dialog.getByRole("button", { name: "Run", exact: true }).click();
  const result = dialog.getByRole("region", { name: "Result" }).first();
  await expect(result).toContainText("Success");
  await expect(result).toContainText("42");

  await dialog.getByRole("link", { name: "Open in the log" }).click();
  const drawer = page.getByRole("complementary", { name: "Tool call" });
  await expect(drawer.getByRole("heading", { name: "add" })).toBeVisible();
});

test("a call is run again with its arguments", async ({ page }) => {
  const text = `again ${Date.now()}`;
  await callTool("echo", { text });
  await openLiveCalls(page);
  await rowsOf(page, "echo").filter({ hasText: "again" }).first().click();
  const drawer = page.getByRole("complementary", { name: "Tool call" });
  await drawer.getByRole("button", { name: "Run again" }).click();
  const dialog = page.getByRole("dialog", { name: "Run echo" });
  await expect(dialog.getByLabel("Arguments as JSON")).toHaveValue(new RegExp(text));
  await dialog.getByRole("button", { name: "Run", exact: true }).click();
  await expect(dialog.getByRole("region", { name: "Result" }).first()).toContainText(text);
});
