import { server } from "../environment.ts";
import { callTool } from "../mcp.ts";
import { openLiveCalls, rowsOf } from "../pages.ts";
import { expect, test } from "../watched.ts";

test("a call appears with its tool, status, duration and client, and opens with its payloads", async ({
  page,
}) => {
  await openLiveCalls(page);
  const rows = rowsOf(page, "echo");
  const before = await rows.count();
  const text = `hello from a browser test ${Date.now()}`;
  const called = await callTool("echo", { text });
  expect(called).toEqual({ exitCode: 0, output: `${text}\n` });

  await expect(rows).toHaveCount(before + 1);
  const row = rows.first();
  await expect(row).toContainText("Success");
  await expect(row).toContainText(server);
  await expect(row).toContainText(/\d (µs|ms|s)/);
  await expect(row).toContainText("mcp-orch");

  await row.click();
  await expect(page).toHaveURL(/call=/);
  const drawer = page.getByRole("complementary", { name: "Tool call" });
  await expect(drawer.getByRole("heading", { name: "echo" })).toBeVisible();
  await drawer.getByRole("tab", { name: "Arguments" }).click();
  await expect(drawer.getByRole("tabpanel")).toContainText(JSON.stringify(text));
  await drawer.getByRole("tab", { name: "Result" }).click();
  await expect(drawer.getByRole("tabpanel")).toContainText(JSON.stringify(text));
  await expect(drawer.getByRole("tabpanel")).toContainText('"content"');

  await page.keyboard.press("Escape");
  await expect(drawer).toBeHidden();
  await expect(page).not.toHaveURL(/call=/);
});

test("a call that takes its time is shown running, and then done in its place", async ({
  page,
}) => {
  await openLiveCalls(page);
  const rows = rowsOf(page, "slow");
  const before = await rows.count();
  const called = callTool("slow", { seconds: 4 });
  await expect(rows).toHaveCount(before + 1);
  await expect(rows.first()).toContainText("Running");
  const id = await rows.first().getAttribute("id");
  expect((await called).exitCode).toBe(0);
  await expect(page.locator(`[id="${id}"]`)).toContainText("Success");
  await expect(page.locator(`[id="${id}"]`)).toContainText(/4\.\d\d s/);
  await expect(rows).toHaveCount(before + 1);
});
