import { project } from "../environment.ts";
import { callTool } from "../mcp.ts";
import { expect, test } from "../watched.ts";

test("a client's session is listed with its calls, each of which opens", async ({ page }) => {
  await callTool("echo", { text: "from a session" });
  await page.goto(`/projects/${project}/sessions`);
  const newest = page.getByRole("main").getByRole("listitem").first();
  await expect(newest).toContainText("1 call");
  await newest.getByRole("link").click();
  await expect(page.getByRole("heading", { name: "1 tool call" })).toBeVisible();
  await page.getByRole("link", { name: /echo/ }).click();
  const drawer = page.getByRole("complementary", { name: "Tool call" });
  await expect(drawer.getByRole("heading", { name: "echo" })).toBeVisible();
});

test("Ctrl-K goes anywhere, and ? says what the keys do", async ({ page }) => {
  await page.goto(`/projects/${project}/servers`);
  await page.getByRole("heading", { name: "MCP servers" }).waitFor();
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Go to" }).fill("logs");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/server-logs/);
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog", { name: "Keys" })).toBeVisible();
});
