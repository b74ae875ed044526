import { project, webUrl } from "../environment.ts";
import { expect, test } from "../watched.ts";

// Who opens the link has no account yet: nobody is signed in.
test.use({ refusals: /api\/v1\/me/ });

test("a colleague is invited, makes an account, gets a role, and is taken out", async ({
  page,
  browser,
}) => {
  const email = `lee.${Date.now()}@example.com`;
  await page.goto(`/projects/${project}/members`);
  await page.getByRole("button", { name: "Invite" }).click();
  await page.getByLabel("E-mail").fill(email);
  await page.getByRole("button", { name: "Make the link" }).click();
  const shown = page.getByRole("dialog", { name: `Hand this link to ${email}` });
  const link = (await shown.locator("pre").textContent()) ?? "";
  expect(link).toContain(`${new URL(webUrl).origin}/invitation?token=mcpinvite_`);
  await shown.getByRole("button", { name: "I have handed it over" }).click();
  await expect(page.getByText(email)).toBeVisible();

  const stranger = await browser.newContext({ storageState: { cookies: [], origins: [] } });
  const other = await stranger.newPage();
  await other.goto(link);
  await other.getByRole("link", { name: "Create account" }).click();
  await other.getByLabel("Name").fill("Lee");
  await other.getByLabel("E-mail").fill(email);
  await other.getByLabel("Password").fill("a walrus on a bicycle");
  await other.getByRole("button", { name: "Create account" }).click();
  await expect(other.getByText(`You are signed in as ${email}.`)).toBeVisible();
  await other.getByRole("button", { name: "Accept" }).click();
  await expect(other.getByRole("region", { name: "Figures" })).toBeVisible();
  await other.goto(`/projects/${project}/members`);
  await expect(other.getByRole("listitem").filter({ hasText: email })).toContainText("Developer");
  await expect(other.getByRole("button", { name: "Invite" })).toHaveCount(0);

  await page.reload();
  const member = page.getByRole("listitem").filter({ hasText: email });
  await member.getByRole("combobox").selectOption("reporter");
  await expect
    .poll(async () => {
      await other.reload();
      return other.getByRole("listitem").filter({ hasText: email }).textContent();
    })
    .toContain("Reporter");

  await member.getByRole("button", { name: "More about Lee" }).click();
  await page.getByRole("menuitem", { name: "Take out" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Take out" }).click();
  await expect(member).toHaveCount(0);
  await stranger.close();
});

test("an invitation is revoked, and its link is dead", async ({ page }) => {
  const email = `park.${Date.now()}@example.com`;
  await page.goto(`/projects/${project}/members`);
  await page.getByRole("button", { name: "Invite" }).click();
  await page.getByLabel("E-mail").fill(email);
  await page.getByRole("button", { name: "Make the link" }).click();
  await page.getByRole("button", { name: "I have handed it over" }).click();
  await page.getByRole("button", { name: `Revoke the invitation of ${email}` }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
  await expect(page.getByText(email)).toHaveCount(0);
});

test("a team is made, comes into the project, and is renamed", async ({ page }) => {
  const name = `Team ${Date.now()}`;
  await page.goto("/teams");
  await page.getByRole("button", { name: "New team" }).first().click();
  await page.getByLabel("Name").fill(name);
  await page.getByRole("button", { name: "Create team" }).click();
  await expect(page.getByRole("heading", { name, level: 1 })).toBeVisible();
  await expect(page.getByText("This team is in no project.")).toBeVisible();

  await page.goto(`/projects/${project}/members`);
  await page.getByRole("button", { name: "Add a team" }).click();
  await page.getByLabel("Team", { exact: true }).selectOption(name);
  await page.getByRole("dialog").getByRole("button", { name: "Add a team" }).click();
  await page.getByRole("link", { name }).click();
  await expect(page.getByRole("main").getByRole("link", { name: /^(Demo|Acme)/ })).toBeVisible();

  await page.getByRole("link", { name: "Settings" }).click();
  await page.getByLabel("Name").fill(`${name} renamed`);
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("heading", { name: `${name} renamed`, level: 1 })).toBeVisible();

  await page.goto(`/projects/${project}/members`);
  await page.getByRole("button", { name: `Take out ${name} renamed` }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Take out" }).click();
  await expect(page.getByRole("link", { name: `${name} renamed` })).toHaveCount(0);
});
