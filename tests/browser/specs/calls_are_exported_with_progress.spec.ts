import { readFile } from "node:fs/promises";
import type { Page } from "@playwright/test";
import { callTool } from "../mcp.ts";
import { openLiveCalls } from "../pages.ts";
import { expect, test } from "../watched.ts";

// A connection that the test cuts is an error on the console.
test.use({ refusals: /tool-calls\/export/ });

async function exportAs(page: Page, format: string): Promise<void> {
  await page.getByRole("button", { name: "Share" }).click();
  await page.getByRole("menuitem", { name: `Export as ${format}` }).click();
}

test("the calls that are shown come as a file", async ({ page }) => {
  await callTool("echo", { text: "exported" });
  await callTool("add", { a: 1, b: 2 });
  await openLiveCalls(page, "?tool=echo");
  for (const format of ["NDJSON", "CSV"]) {
    const coming = page.waitForEvent("download");
    await exportAs(page, format);
    const file = await coming;
    expect(file.suggestedFilename()).toBe(`tool-calls.${format.toLowerCase()}`);
    const content = await readFile(await file.path(), "utf8");
    expect(content).toMatch(/\becho\b/);
    expect(content).not.toMatch(/\badd\b/);
    await expect(page.getByRole("region", { name: "Exporting" })).toHaveCount(0);
  }
});

test("an export shows that it runs, is cancelled, and says when it breaks off", async ({
  page,
}) => {
  await openLiveCalls(page);
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  await page.route("**/tool-calls/export*", async (route) => {
    await held;
    await route.abort();
  });
  const progress = page.getByRole("region", { name: "Exporting" });
  await exportAs(page, "CSV");
  await expect(progress).toContainText(/0 of \d+ calls? · 0 B/);
  await expect(progress.getByRole("progressbar")).toHaveAttribute("value", "0");
  await progress.getByRole("button", { name: "Cancel" }).click();
  await expect(progress).toHaveCount(0);

  await exportAs(page, "CSV");
  await expect(progress).toBeVisible();
  release();
  await expect(progress).toContainText("The export broke off");
  await progress.getByRole("button", { name: "Close" }).click();
  await expect(progress).toHaveCount(0);
});
