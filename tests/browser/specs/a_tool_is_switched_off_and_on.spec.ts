import { project, server } from "../environment.ts";
import { callTool } from "../mcp.ts";
import { expect, test } from "../watched.ts";

test("a tool that is switched off can be called by nobody, until it is on again", async ({
  page,
}) => {
  await page.goto(`/projects/${project}/servers/${server}`);
  const toggle = page.getByRole("switch", { name: "add is enabled" });
  const run = page.getByRole("button", { name: "Run add" });
  await expect(toggle).toBeChecked();
  await expect(run).toBeVisible();

  const answered = () => page.waitForResponse((one) => one.request().method() === "PATCH");
  await Promise.all([answered(), toggle.click()]);
  await expect(toggle).not.toBeChecked();
  await expect(run).toHaveCount(0);
  await page.reload();
  await expect(toggle).not.toBeChecked();
  await expect.poll(async () => (await callTool("add", { a: 1, b: 2 })).exitCode).not.toBe(0);
  expect((await callTool("echo", { text: "still on" })).exitCode).toBe(0);

  await Promise.all([answered(), toggle.click()]);
  await expect(toggle).toBeChecked();
  await expect(run).toBeVisible();
  await page.reload();
  await expect(toggle).toBeChecked();
  await expect.poll(async () => (await callTool("add", { a: 1, b: 2 })).exitCode).toBe(0);
});
