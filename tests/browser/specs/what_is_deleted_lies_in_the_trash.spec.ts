import type { Page } from "@playwright/test";
import { comer } from "../comer.ts";
import { expect, test } from "../watched.ts";

// What the page showed is gone while it still shows it.
test.use({ refusals: /api\/v1\/(projects|teams)\// });

async function make(page: Page, kind: "projects" | "teams"): Promise<string> {
  const name = `Trial ${kind} ${Date.now()}`;
  const made = await page.request.post(`/api/v1/${kind}`, { data: { name } });
  expect(made.status(), await made.text()).toBe(201);
  return name;
}

async function deleteByName(page: Page, button: string, name: string): Promise<void> {
  await page.getByRole("button", { name: button }).click();
  const dialog = page.getByRole("dialog");
  const confirm = dialog.getByRole("button", { name: button });
  await expect(confirm).toBeDisabled();
  await dialog.getByLabel("Type its name").fill("another name");
  await expect(confirm).toBeDisabled();
  await dialog.getByLabel("Type its name").fill(name);
  await confirm.click();
  await expect(page).toHaveURL(/\/trash$/);
}

test("a project is renamed, deleted with its name typed, and taken back", async ({ page }) => {
  const name = await make(page, "projects");
  await page.goto("/projects");
  await page.getByRole("link", { name }).click();
  await page.getByRole("link", { name: "Settings" }).click();
  await page.getByRole("textbox", { name: "Name" }).fill(`${name} renamed`);
  await page.getByLabel("Description").fill("What it is for");
  await page.getByRole("button", { name: "Save" }).first().click();
  await expect(page.getByRole("button", { name: `${name} renamed` })).toBeVisible();
  await page.getByRole("link", { name: "Overview" }).click();
  await expect(page.getByText("What it is for")).toBeVisible();

  await page.getByRole("link", { name: "Settings" }).click();
  await deleteByName(page, "Delete the project", `${name} renamed`);
  const row = page.getByRole("main").getByRole("listitem").filter({ hasText: name });
  await expect(row).toContainText("Gone for good in 7 days");
  await page.getByRole("navigation").getByRole("link", { name: "Projects" }).click();
  await expect(page.getByRole("link", { name: `${name} renamed` })).toHaveCount(0);

  await page.goBack();
  await row.getByRole("button", { name: `Take back ${name} renamed` }).click();
  await expect(row).toHaveCount(0);
  await page.getByRole("main").getByRole("link", { name: `${name} renamed` }).click();
  await expect(page.getByRole("heading", { name: `${name} renamed`, level: 1 })).toBeVisible();
});

test("a team is deleted with its name typed and taken back", async ({ page }) => {
  const name = await make(page, "teams");
  await page.goto("/teams");
  await page.getByRole("link", { name }).click();
  await page.getByRole("link", { name: "Settings" }).click();
  await deleteByName(page, "Delete the team", name);
  await page.getByRole("button", { name: `Take back ${name}` }).click();
  await page.getByRole("main").getByRole("link", { name }).click();
  await expect(page.getByRole("heading", { name, level: 1 })).toBeVisible();
});

test("a star puts a project before the others", async ({ page }) => {
  const older = await make(page, "projects");
  const newer = await make(page, "projects");
  await page.goto("/projects");
  const names = page.getByRole("main").getByRole("listitem").getByRole("link");
  const order = async () => {
    const all = await names.allTextContents();
    return all.indexOf(older) - all.indexOf(newer);
  };
  await expect(names.filter({ hasText: newer })).toBeVisible();
  const behind = (await order()) > 0 ? older : newer;
  const star = page.getByRole("button", { name: `Mark ${behind}` });
  await star.click();
  await expect(star).toHaveAttribute("aria-pressed", "true");
  await expect(names.first()).toHaveText(behind);

  await names.first().click();
  await expect(star).toHaveAttribute("aria-pressed", "true");
  await star.click();
  await expect(star).toHaveAttribute("aria-pressed", "false");
});

test("who does not own a project neither renames nor deletes it", async ({ page, browser }) => {
  const { page: own, context } = await comer(page, browser, "Yoon", "developer");
  await own.goto("/projects");
  await own.getByRole("main").getByRole("listitem").getByRole("link").click();
  await own.getByRole("link", { name: "Settings" }).click();
  await expect(own.getByText("Only owners of the project change its settings.")).toBeVisible();
  await expect(own.getByRole("button", { name: "Delete the project" })).toHaveCount(0);
  await expect(own.getByLabel("Name", { exact: true })).toHaveCount(0);
  await own.goto("/trash");
  await expect(own.getByText("The trash is empty")).toBeVisible();
  await context.close();
});
