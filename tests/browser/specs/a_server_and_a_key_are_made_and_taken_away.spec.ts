import { binary, project } from "../environment.ts";
import { expect, test } from "../watched.ts";

test("a server is added, shows its tools, is switched off and deleted", async ({ page }) => {
  const name = `browser ${Date.now()}`;
  await page.goto(`/projects/${project}/servers`);
  await page.getByRole("button", { name: "Add server" }).first().click();
  const form = page.getByRole("dialog", { name: "Add a server" });
  await form.getByLabel("Name").fill(name);
  await form.getByLabel("Command").fill(binary);
  await form.getByLabel("Arguments").fill("sample-server");
  await form.getByRole("button", { name: "Try it" }).click();
  await expect(form.getByText(/It answers, with \d+ tools/)).toBeVisible();
  await form.getByRole("button", { name: "Add server" }).click();
  await expect(form).toBeHidden();

  await page.getByRole("link", { name }).click();
  await expect(page.getByRole("heading", { name: "echo", exact: true })).toBeVisible();
  await page.getByRole("switch", { name: `${name} is enabled` }).click();
  await expect(page.getByText("Disabled", { exact: true })).toBeVisible();

  await page.getByRole("button", { name: "Delete server" }).click();
  const dialog = page.getByRole("dialog", { name: `Delete ${name}?` });
  await dialog.getByRole("button", { name: "Delete server" }).click();
  await expect(page).toHaveURL(/\/servers$/);
  await expect(page.getByRole("link", { name })).toHaveCount(0);
});

test("a server is edited, tried and started anew", async ({ page }) => {
  const name = `edited ${Date.now()}`;
  await page.goto(`/projects/${project}/servers`);
  await page.getByRole("button", { name: "Add server" }).first().click();
  const form = page.getByRole("dialog", { name: "Add a server" });
  await form.getByLabel("Name").fill(name);
  await form.getByLabel("Command").fill("no-such-program-anywhere");
  await form.getByRole("button", { name: "Try it" }).click();
  await expect(form.getByText("It does not answer as an MCP server")).toBeVisible();
  await form.getByLabel("Command").fill(binary);
  await form.getByLabel("Arguments").fill("sample-server");
  await form.getByRole("button", { name: "Add server" }).click();
  await page.getByRole("link", { name }).click();

  await page.getByRole("button", { name: "Edit" }).click();
  const edit = page.getByRole("dialog", { name: `Edit ${name}` });
  await expect(edit.getByLabel("Command")).toHaveValue(binary);
  await expect(edit.getByLabel("Arguments")).toHaveValue("sample-server");
  await edit.getByLabel("Name").fill(`${name} again`);
  await edit.getByRole("button", { name: "Save" }).click();
  await expect(edit).toBeHidden();
  await expect(page).toHaveURL(/again$/);
  await page.getByRole("button", { name: "Restart" }).click();
  await expect(page.getByText("Started anew: Ready.")).toBeVisible();
  await expect(page.getByRole("heading", { name: "echo", exact: true })).toBeVisible();

  await page.getByRole("button", { name: "Delete server" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete server" }).click();
  await expect(page).toHaveURL(/\/servers$/);
});

test("an API key is shown once, listed by its prefix, and revoked", async ({ page }) => {
  const name = `browser ${Date.now()}`;
  await page.goto(`/projects/${project}/api-keys`);
  await page.getByRole("button", { name: "New API key" }).first().click();
  await page.getByLabel("Name").fill(name);
  await page.getByRole("button", { name: "Create key" }).click();
  const shown = page.getByRole("dialog", { name: "Keep this key now" });
  const key = (await shown.locator("pre").textContent()) ?? "";
  expect(key).toMatch(/^mcporch_/);
  await page.keyboard.press("Escape");
  await expect(shown).toBeVisible();
  await shown.getByRole("button", { name: "I have kept it" }).click();
  await expect(shown).toBeHidden();
  await expect(page.getByText(key)).toHaveCount(0);

  await page.getByRole("button", { name: `Revoke ${name}` }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Revoke key" }).click();
  await expect(page.getByRole("listitem").filter({ hasText: name })).toContainText("Revoked");
});
