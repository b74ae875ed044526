import { comer } from "../comer.ts";
import { project, server } from "../environment.ts";
import { callTool } from "../mcp.ts";
import { rowsOf, toolCallsUrl } from "../pages.ts";
import { expect, test } from "../watched.ts";

const pages = `/projects/${project}`;

test("a reporter reads and changes nothing", async ({ page, browser }) => {
  await callTool("echo", { text: "for reporters" });
  const { page: own, context } = await comer(page, browser, "Ro", "reporter");
  await own.goto(`${pages}/servers`);
  await expect(own.getByRole("main").getByRole("listitem").first()).toBeVisible();
  await expect(own.getByRole("button", { name: "Add server" })).toHaveCount(0);
  await expect(own.getByRole("button", { name: "Paste a configuration" })).toHaveCount(0);

  await own.goto(`${pages}/api-keys`);
  await expect(own.getByRole("heading", { name: "API keys", level: 1 })).toBeVisible();
  await expect(own.getByRole("button", { name: "New API key" })).toHaveCount(0);

  await own.goto(`${pages}/members`);
  await expect(own.getByText("Ro", { exact: true })).toBeVisible();
  await expect(own.getByRole("button", { name: "Invite" })).toHaveCount(0);

  await own.goto(`${pages}/settings`);
  await expect(own.getByText("Only owners of the project change its settings.")).toBeVisible();
  await expect(own.getByRole("radio").first()).toBeDisabled();
  await expect(own.getByRole("button", { name: "Save" })).toHaveCount(0);

  await own.goto(toolCallsUrl);
  await rowsOf(own, "echo").first().click();
  const drawer = own.getByRole("complementary", { name: "Tool call" });
  await drawer.getByRole("tab", { name: "Arguments" }).click();
  await expect(drawer.getByRole("tabpanel")).not.toContainText("for reporters");
  await context.close();
});

test("a developer adds servers and keys, and neither invites nor sets", async ({
  page,
  browser,
}) => {
  const { page: own, context } = await comer(page, browser, "Dan", "developer");
  await own.goto(`${pages}/servers`);
  await own.getByRole("button", { name: "Add server" }).first().click();
  const transport = own.getByRole("dialog").getByLabel("Reached by");
  await expect(transport.getByRole("option", { name: /stdio/ })).toHaveCount(0);

  await own.goto(`${pages}/servers/${server}`);
  await expect(own.getByRole("button", { name: /^Run/ }).first()).toBeVisible();
  await own.goto(`${pages}/api-keys`);
  await expect(own.getByRole("button", { name: "New API key" }).first()).toBeVisible();
  await own.goto(`${pages}/members`);
  await expect(own.getByText("Dan", { exact: true })).toBeVisible();
  await expect(own.getByRole("button", { name: "Invite" })).toHaveCount(0);
  await own.goto(`${pages}/settings`);
  await expect(own.getByRole("button", { name: "Save" })).toHaveCount(0);
  await context.close();
});
