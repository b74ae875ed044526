import { binary } from "../environment.ts";
import { type OwnStack, startOwnStack } from "../own_stack.ts";
import { rowsOf } from "../pages.ts";
import { expect, test } from "../watched.ts";

// While the log is gone, what asks it is refused, and the browser says so on its console.
test.use({ refusals: /tool-calls|server-logs|sessions/, storageState: undefined });

let stack: OwnStack;

test.beforeAll(async () => {
  test.setTimeout(180_000);
  stack = await startOwnStack();
});

test.afterAll(() => stack.stop());

test("while the log is gone the page keeps what it shows, and then catches up without a gap", async ({
  browser,
}) => {
  test.setTimeout(180_000);
  const context = await browser.newContext({
    baseURL: stack.webUrl,
    storageState: { cookies: [], origins: [] },
  });
  const page = await context.newPage();
  const post = async (path: string, data: object) => {
    const answer = await page.request.post(`${stack.webUrl}/api/v1${path}`, { data });
    expect(answer.ok(), `${path}: ${await answer.text()}`).toBe(true);
  };
  await post("/auth/sign-up", {
    name: "Kim",
    email: "kim@example.com",
    password: "a walrus on a bicycle",
  });
  await post("/projects", { name: "Outage", slug: "outage" });
  await post("/projects/outage/servers", {
    name: "sample",
    transport: "stdio",
    command: binary,
    args: ["sample-server"],
  });
  const echo = (text: string) =>
    post("/projects/outage/servers/sample/tools/echo/call", { arguments: { text } });
  await echo("before");

  await page.goto("/projects/outage/tool-calls");
  const status = page.locator('[role="status"][data-state]');
  await expect(status).toHaveAttribute("data-state", "live");
  const rows = rowsOf(page, "echo");
  await expect(rows).toHaveCount(1);

  await stack.killLogging();
  await expect(status).toHaveAttribute("data-state", "reconnecting");
  await expect(page.getByText("Reconnecting…")).toBeVisible();
  for (const text of ["one", "two", "three"]) await echo(text);
  await expect(rows).toHaveCount(1);
  await expect(rows.first()).toContainText("before");

  await stack.startLogging();
  await expect(status).toHaveAttribute("data-state", "live", { timeout: 60_000 });
  await expect(rows).toHaveCount(4, { timeout: 60_000 });
  for (const [index, text] of ["three", "two", "one", "before"].entries()) {
    await expect(rows.nth(index)).toContainText(text);
    await expect(rows.nth(index)).toContainText("Success");
  }
  await context.close();
});
