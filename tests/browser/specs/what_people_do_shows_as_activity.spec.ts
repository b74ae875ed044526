import type { Locator, Page } from "@playwright/test";
import { project } from "../environment.ts";
import { expect, test } from "../watched.ts";

const activityUrl = `/projects/${project}/activity`;

/** One thing that was done each. */
function deeds(page: Page): Locator {
  return page.getByRole("main").locator("section > ul > li");
}

async function addServer(page: Page, name: string): Promise<void> {
  const server = { name, transport: "stdio", command: "true", is_enabled: false };
  const added = await page.request.post(`/api/v1/projects/${project}/servers`, { data: server });
  expect(added.status(), await added.text()).toBe(201);
}

test("what is done appears while one looks, in words, and leads to what it is about", async ({
  page,
}) => {
  const name = `seen-${Date.now()}`;
  await page.goto(activityUrl);
  await page.getByRole("listitem").first().waitFor();
  await addServer(page, name);
  const row = deeds(page).filter({ hasText: name });
  await expect(row).toContainText(/added the MCP server/);
  await row.getByText("fields").click();
  await expect(row).toContainText(/Command\s*true/);
  await row.getByRole("link", { name }).click();
  await expect(page.getByRole("heading", { name, level: 1 })).toBeVisible();

  const removed = await page.request.delete(`/api/v1/projects/${project}/servers/${name}`);
  expect(removed.ok()).toBe(true);
  await page.goto(activityUrl);
  await expect(row.first()).toContainText(/deleted the MCP server/);
  await expect(row.getByRole("link")).toHaveCount(0);
});

test("filters by what, by whom and when stand in the address", async ({ page }) => {
  const name = `filtered-${Date.now()}`;
  await addServer(page, name);
  await page.goto(activityUrl);
  await page.getByLabel("What").selectOption("Server added");
  await expect(page).toHaveURL(/what=server_created/);
  const rows = deeds(page).filter({ hasText: "MCP server" });
  await expect(rows.first()).toContainText(name);
  await expect(page.getByText("made the API key")).toHaveCount(0);

  await rows.first().getByRole("button").first().click();
  await expect(page).toHaveURL(/who=/);
  await expect(rows.first()).toContainText(name);
  const address = page.url();
  await page.goto("/projects");
  await page.goto(address);
  await expect(rows.first()).toContainText(name);

  await page.getByLabel("To").fill("2020-01-01");
  await expect(page.getByRole("heading", { name: "Nobody did such a thing" })).toBeVisible();
  await page.getByRole("button", { name: "Clear the filters" }).first().click();
  await expect(rows.first()).toContainText(name);
  await page.request.delete(`/api/v1/projects/${project}/servers/${name}`);
});

test.describe("in Korean", () => {
  test.use({ locale: "ko-KR" });

  test("the same is said in Korean", async ({ page }) => {
    await page.goto(activityUrl);
    await expect(page.getByRole("listitem").filter({ hasText: "님이" }).first()).toBeVisible();
    await expect(page.getByText("added the MCP server")).toHaveCount(0);
  });
});
