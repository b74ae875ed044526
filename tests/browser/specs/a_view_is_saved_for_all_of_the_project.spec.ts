import { callTool } from "../mcp.ts";
import { rowsOf, toolCallsUrl } from "../pages.ts";
import { expect, test } from "../watched.ts";

test("a view is saved, opened again, and removed", async ({ page }) => {
  await callTool("fail", { message: "for a view" });
  const name = `Failures ${Date.now()}`;
  await page.goto(`${toolCallsUrl}?q=status%3Aerror&last=6h`);
  await page.getByRole("button", { name: "Views" }).click();
  await page.getByRole("menuitem", { name: "Save this view" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill(name);
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("button", { name })).toBeVisible();

  await page.goto(toolCallsUrl);
  await page.getByRole("button", { name: "Views" }).click();
  await page.getByRole("menuitemcheckbox", { name }).click();
  await expect(page).toHaveURL(/q=status%3Aerror/);
  await expect(page).toHaveURL(/last=6h/);
  await expect(rowsOf(page, "fail").first()).toBeVisible();

  await page.getByRole("button", { name }).click();
  await page.getByRole("menuitem", { name: /^Remove/ }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
  await expect(page.getByRole("button", { name: "Views" })).toBeVisible();
});
