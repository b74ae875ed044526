import { project } from "../environment.ts";
import { startHttpMcpServer } from "../http_mcp_server.ts";
import { expect, test } from "../watched.ts";

test("a server over HTTP is added, is sent its secret, and shows it to nobody", async ({ page }) => {
  const upstream = await startHttpMcpServer();
  const name = `http ${Date.now()}`;
  await page.goto(`/projects/${project}/servers`);
  await page.getByRole("button", { name: "Add server" }).first().click();
  const form = page.getByRole("dialog", { name: "Add a server" });
  await form.getByLabel("Name").fill(name);
  await form.getByLabel("Reached by").selectOption("streamable_http");
  await expect(form.getByLabel("Command")).toHaveCount(0);
  await form.getByLabel("Address").fill(upstream.url);
  await form.getByLabel("Headers").fill("no colon here");
  await form.getByRole("button", { name: "Add server" }).click();
  await expect(form.getByText("Line 1 is not Name: value.")).toBeVisible();

  await form.getByLabel("Headers").fill("X-Team: platform");
  await form.getByLabel("Secrets").fill("Authorization: Bearer walrus-of-the-browser");
  await form.getByRole("button", { name: "Add server" }).click();
  await expect(form).toBeHidden();

  await page.getByRole("link", { name }).click();
  await expect(page.getByRole("heading", { name: "weather", exact: true })).toBeVisible();
  expect(upstream.headersOf("tools/list")).toMatchObject({
    "x-team": "platform",
    authorization: "Bearer walrus-of-the-browser",
  });
  await expect(page.getByText("Authorization (set)")).toBeVisible();
  await expect(page.getByText("walrus-of-the-browser")).toHaveCount(0);

  await page.getByRole("button", { name: "Delete server" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete server" }).click();
  await expect(page).toHaveURL(/\/servers$/);
  upstream.stop();
});
