import { apiKey, mcpUrl, project } from "../environment.ts";
import { callTool } from "../mcp.ts";
import { expect, test } from "../watched.ts";

test("the configuration of a client takes a key, and its handshake is seen", async ({ page }) => {
  await page.goto(`/projects/${project}/connect?client=cursor`);
  await expect(page.getByText("Waiting for a client…")).toBeVisible();
  await page.getByLabel("API key", { exact: true }).fill(apiKey);
  await expect(page.getByRole("region", { name: "Cursor" })).toContainText(`Bearer ${apiKey}`);
  const href = await page.getByRole("link", { name: "Add to Cursor" }).getAttribute("href");
  const config = new URL(href ?? "").searchParams.get("config") ?? "";
  expect(JSON.parse(atob(config))).toEqual({
    url: mcpUrl,
    headers: { Authorization: `Bearer ${apiKey}` },
  });
  await page.getByRole("button", { name: "VS Code" }).click();
  await expect(page).toHaveURL(/client=vscode/);
  await expect(page.getByRole("link", { name: "Add to VS Code" })).toHaveAttribute(
    "href",
    /^vscode:mcp\/install\?/,
  );

  await callTool("echo", { text: "hello" });
  await expect(page.getByText("A client is here.")).toBeVisible();
});

test("a key is made for a client on the spot", async ({ page }) => {
  await page.goto(`/projects/${project}/connect?client=claude-code`);
  await page.getByRole("button", { name: "Make a key for Claude Code" }).click();
  await expect(page.getByText("This key is shown this once.")).toBeVisible();
  await expect(page.getByRole("region", { name: "Claude Code" })).toContainText("Bearer mcporch_");
});
