import type { Browser, Page } from "@playwright/test";
import { en } from "../../../web/src/i18n/en.ts";
import { ko } from "../../../web/src/i18n/ko.ts";
import { PASSWORD } from "../comer.ts";
import { binary } from "../environment.ts";
import { takeLooks } from "../looks.ts";
import { callTool } from "../mcp.ts";
import { type OwnStack, startOwnStack } from "../own_stack.ts";
import { rowsOf } from "../pages.ts";
import { expect, test } from "../watched.ts";

// Nobody is signed in at first, which the browser writes to its console.
test.use({ refusals: /api\/v1\/me/ });

const LOOKS = [
  { name: "en", words: en, locale: "en-US", colorScheme: "dark", width: 1440, height: 900 },
  { name: "ko", words: ko, locale: "ko-KR", colorScheme: "light", width: 390, height: 844 },
] as const;

type Look = (typeof LOOKS)[number];

let stack: OwnStack;

test.beforeEach(async () => {
  test.setTimeout(180_000);
  stack = await startOwnStack();
});

test.afterEach(() => stack.stop());

for (const look of LOOKS) {
  test(`from an empty folder to a colleague who looks on, ${look.name} at ${look.width} px`, ({
    browser,
  }) => journey(browser, look));
}

async function journey(browser: Browser, look: Look): Promise<void> {
  const { words } = look;
  const page = await newcomer(browser, look);
  const step = pictureTaker(look);

  await page.goto("/");
  await expect(page.getByText(words.account.first)).toBeVisible();
  await page.getByLabel(words.words.name, { exact: true }).fill("Kim");
  await page.getByLabel(words.account.email, { exact: true }).fill("kim@example.com");
  await page.getByLabel(words.account.password, { exact: true }).fill(PASSWORD);
  await step(page, "sign-up");
  await page.getByRole("button", { name: words.account.signUp }).click();

  await expect(page.getByRole("heading", { name: words.projects.emptyTitle })).toBeVisible();
  await step(page, "first-project");
  await page.getByRole("main").getByRole("button", { name: words.projects.new }).last().click();
  await page.getByLabel(words.words.name, { exact: true }).fill("Payments");
  await step(page, "new-project");
  await page.getByRole("button", { name: words.projects.create }).click();

  await expect(page.getByRole("heading", { name: words.overview.steps.title })).toBeVisible();
  await step(page, "overview");
  await page.getByRole("link", { name: words.overview.steps.server }).click();
  await step(page, "no-servers");
  await page.getByRole("button", { name: words.servers.import.button }).first().click();
  const config = { mcpServers: { sample: { command: binary, args: ["sample-server"] } } };
  await page.getByLabel(words.servers.import.config, { exact: true }).fill(JSON.stringify(config));
  await step(page, "paste");
  await page.getByRole("button", { name: words.servers.import.look }).click();
  await page.getByRole("dialog").getByRole("checkbox").waitFor();
  await step(page, "preview");
  await page.getByRole("dialog").locator("button:has-text('1')").click();
  await page.getByRole("button", { name: words.servers.import.done }).click();
  await page.getByRole("link", { name: "sample" }).click();
  await expect(page.getByRole("heading", { name: "echo" })).toBeVisible();
  await step(page, "server");

  await go(page, look, words.shell.pages.connect);
  await page.getByRole("button", { name: "Claude Code" }).first().click();
  await page.getByRole("button", { name: filled(words.connect.makeKeyFor, "Claude Code") }).click();
  await expect(page.getByText(words.connect.keyMade)).toBeVisible();
  await step(page, "connect");
  const command = await page.getByRole("region", { name: "Claude Code" }).innerText();
  const client = {
    url: /https?:\/\/\S+\/mcp\b/.exec(command)?.[0] ?? "",
    key: /mcporch_\w+/.exec(command)?.[0] ?? "",
  };
  expect((await callTool("echo", { text: "hello" }, client)).output).toContain("hello");
  await expect(page.getByText(words.connect.seen)).toBeVisible();
  await step(page, "handshake");

  await go(page, look, words.shell.pages.toolCalls);
  await page.locator('[role="status"][data-state="live"]').waitFor();
  await callTool("fail", { message: "rate limit: try again in 12 s" }, client);
  await expect(rowsOf(page, "fail")).toHaveCount(1);
  await expect(rowsOf(page, "echo")).toHaveCount(1);
  await step(page, "arrived");

  await page.getByRole("combobox", { name: words.filter.label }).fill("status:error");
  await page.keyboard.press("Enter");
  await expect(rowsOf(page, "echo")).toHaveCount(0);
  await step(page, "filtered");
  await rowsOf(page, "fail").click();
  const drawer = page.getByRole("complementary", { name: words.toolCalls.drawer.label });
  await expect(drawer).toContainText("rate limit: try again in 12 s");
  await expect(drawer).toContainText('"message"');
  await step(page, "opened");

  await drawer.getByRole("button", { name: words.toolCalls.drawer.runAgain }).click();
  const dialog = page.getByRole("dialog");
  await step(page, "run-again");
  await dialog.getByRole("button", { name: words.runTool.run, exact: true }).click();
  await dialog.getByRole("link", { name: words.runTool.openCall }).waitFor();
  await step(page, "ran");
  await dialog.getByRole("link", { name: words.runTool.openCall }).click();
  await expect(drawer).toContainText("REST");
  await drawer.getByRole("button", { name: words.toolCalls.drawer.close }).click();
  await expect(rowsOf(page, "fail")).toHaveCount(2);

  await go(page, look, words.shell.pages.metrics);
  await expect(page.getByRole("link", { name: new RegExp(words.metrics.failed) })).toContainText("2");
  await page.locator("[role=slider] canvas").nth(1).waitFor();
  await step(page, "metrics");

  await go(page, look, words.shell.pages.members);
  await page.getByRole("button", { name: words.members.invite }).click();
  await page.getByLabel(words.account.email, { exact: true }).fill("lee@example.com");
  await step(page, "invite");
  await page.getByRole("button", { name: words.members.inviteSubmit }).click();
  const link = (await page.getByRole("dialog").locator("pre").textContent()) ?? "";
  await step(page, "invitation-link");
  await page.getByRole("button", { name: words.members.link.done }).click();

  const colleague = await newcomer(browser, look);
  await colleague.goto(link);
  await step(colleague, "invited");
  await colleague.getByRole("link", { name: words.account.signUp }).click();
  await colleague.getByLabel(words.words.name, { exact: true }).fill("Lee");
  await colleague.getByLabel(words.account.email, { exact: true }).fill("lee@example.com");
  await colleague.getByLabel(words.account.password, { exact: true }).fill(PASSWORD);
  await colleague.getByRole("button", { name: words.account.signUp }).click();
  await step(colleague, "accept");
  await colleague.getByRole("button", { name: words.members.page.accept }).click();
  await expect(colleague.getByRole("region", { name: words.metrics.figures })).toBeVisible();
  await step(colleague, "colleague");
  await page.reload();
  await expect(page.getByRole("listitem").filter({ hasText: "lee@example.com" })).toBeVisible();
  await step(page, "members");
  await page.context().close();
  await colleague.context().close();
}

async function newcomer(browser: Browser, look: Look): Promise<Page> {
  const context = await browser.newContext({
    baseURL: stack.webUrl,
    locale: look.locale,
    colorScheme: look.colorScheme,
    viewport: { width: look.width, height: look.height },
    storageState: { cookies: [], origins: [] },
  });
  return context.newPage();
}

/** To another page, by the sidebar, which a narrow screen keeps behind a button. */
async function go(page: Page, { words, width }: Look, name: string): Promise<void> {
  if (width < 800) await page.getByRole("button", { name: words.shell.openMenu }).click();
  const sidebar = page.getByRole("navigation", { name: words.shell.navigation });
  await sidebar.getByRole("link", { name, exact: true }).click();
}

function filled(text: string, client: string): string {
  return text.replace("{{client}}", client);
}

/** Takes each step, where pictures are wanted. */
function pictureTaker({ name: look }: Look) {
  let count = 0;
  return (page: Page, name: string) => {
    count += 1;
    return takeLooks(page, `${String(count).padStart(2, "0")}-${name}-${look}`);
  };
}
