import { project } from "../environment.ts";
import { expect, test } from "../watched.ts";

// A program that is no server ends without an answer, which the browser writes to its console.
test.use({ refusals: /servers\/[^/]+\/tools/ });

test("a pasted configuration is looked at, and what is chosen of it is added", async ({ page }) => {
  const stamp = Date.now();
  const [kept, left] = [`kept-${stamp}`, `left-${stamp}`];
  const pasted = `{
    // As an editor writes it.
    "mcpServers": {
      "${kept}": { "command": "true", "args": ["-y"], "env": { "GITHUB_TOKEN": "ghp_${"a".repeat(36)}" } },
      "${left}": { "url": "https://mcp.example.com/mcp", },
      "sample": { "command": "true" },
    },
  }`;
  await page.goto(`/projects/${project}/servers`);
  await page.getByRole("button", { name: "Paste a configuration" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Configuration").fill("npx -y server-github");
  await dialog.getByRole("button", { name: "Preview" }).click();
  await expect(dialog.getByText("This is no JSON.")).toBeVisible();

  await dialog.getByLabel("Configuration").fill(pasted);
  await dialog.getByRole("button", { name: "Preview" }).click();
  const row = (name: string) => dialog.getByRole("listitem").filter({ hasText: name });
  await expect(row(kept)).toContainText("true -y");
  await expect(row(kept)).toContainText("Sealed, so that nobody reads them back: GITHUB_TOKEN");
  await expect(row(left)).toContainText("https://mcp.example.com/mcp");
  await expect(row("sample").getByRole("checkbox")).toBeDisabled();
  await row(left).getByRole("checkbox").uncheck();
  await dialog.getByRole("button", { name: "Add 1 server" }).click();
  await expect(dialog.getByRole("status")).toContainText(`${kept} was added`);
  await expect(dialog.getByRole("status")).toContainText("It does not answer as an MCP server");
  await dialog.getByRole("button", { name: "Done" }).click();

  const list = page.getByRole("main").getByRole("listitem");
  await expect(list.filter({ hasText: kept })).toBeVisible();
  await expect(list.filter({ hasText: left })).toHaveCount(0);
  const removed = await page.request.delete(`/api/v1/projects/${project}/servers/${kept}`);
  expect(removed.ok()).toBe(true);
});
