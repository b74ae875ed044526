import { project } from "../environment.ts";
import { expect, test } from "../watched.ts";

// A range that is none is refused, and the browser says so on its console.
test.use({ refusals: /api-keys/ });

test("an API key is held to scopes, tools and a rate", async ({ page }) => {
  const name = `limited ${Date.now()}`;
  await page.goto(`/projects/${project}/api-keys`);
  await page.getByRole("button", { name: "New API key" }).first().click();
  await page.getByLabel("Name").fill(name);
  await page.getByText("Limits: scopes, tools, addresses, rate").click();
  await page.getByLabel(/Read arguments and results/).uncheck();
  await page.getByLabel("Only these tools").fill("sample/echo");
  await page.getByLabel("Only from these addresses").fill("nowhere");
  await page.getByRole("button", { name: "Create key" }).click();
  await expect(page.getByRole("textbox", { name: "Only from these addresses" })).toHaveAttribute(
    "aria-invalid",
    "true",
  );
  await page.getByLabel("Only from these addresses").fill("127.0.0.0/8");
  await page.getByRole("button", { name: "Create key" }).click();
  await page.getByRole("button", { name: "I have kept it" }).click();
  const key = page.getByRole("listitem").filter({ hasText: name });
  await expect(key).toContainText("sample/echo · 127.0.0.0/8");
  await expect(key).not.toContainText("logs:payloads");

  await key.getByRole("button", { name: `Limits of ${name}` }).click();
  await page.getByLabel("Requests a minute, at most").fill("7");
  await page.getByLabel("Only these tools").fill("");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(key).toContainText("7/min");
  await expect(key).not.toContainText("sample/echo");
});
