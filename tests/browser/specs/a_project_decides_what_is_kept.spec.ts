import type { Page } from "@playwright/test";
import { project } from "../environment.ts";
import { callTool } from "../mcp.ts";
import { openLiveCalls, rowsOf } from "../pages.ts";
import { expect, test } from "../watched.ts";

const settingsUrl = `/projects/${project}/settings`;

// A path that is none is refused, and the browser says so on its console.
test.use({ refusals: /settings/ });

async function save(page: Page, section: string): Promise<void> {
  const heading = page.getByRole("heading", { name: section });
  const answered = page.waitForResponse((one) => one.request().method() === "PATCH");
  await page
    .locator("section", { has: heading })
    .getByRole("button", { name: "Save" })
    .click();
  await answered;
}

async function keep(page: Page, paths: string): Promise<void> {
  await page.getByLabel("Never kept").fill(paths);
  await save(page, "Arguments and results");
}

test("what is never kept is named by paths, and the next call shows it", async ({ page }) => {
  await page.goto(settingsUrl);
  await keep(page, "$.arguments.text\n$.nowhere[");
  await expect(page.getByText(/^2: /)).toBeVisible();
  await keep(page, "$.arguments.text");
  await page.reload();
  await expect(page.getByLabel("Never kept")).toHaveValue("$.arguments.text");

  await expect
    .poll(
      async () => {
        const text = `kept ${Date.now()}`;
        await callTool("echo", { text });
        await openLiveCalls(page);
        const row = rowsOf(page, "echo").first();
        return (await row.textContent())?.includes(text);
      },
      { timeout: 30_000 },
    )
    .toBe(false);

  await page.goto(settingsUrl);
  await keep(page, "");
  await page.goto(`/projects/${project}/activity?what=project_settings_changed`);
  const deed = page.getByRole("main").locator("section > ul > li").first();
  await expect(deed).toContainText("changed the settings of the project");
  await expect(deed).toContainText("$.arguments.text");
});

test("how long calls are kept is changed and said", async ({ page }) => {
  await page.goto(settingsUrl);
  const days = page.getByLabel("Server logs");
  const before = await days.inputValue();
  await days.fill("11");
  await save(page, "How long it is kept");
  await page.reload();
  await expect(days).toHaveValue("11");
  await days.fill(before);
  await save(page, "How long it is kept");
});
