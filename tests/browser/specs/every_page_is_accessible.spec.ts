import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { project, server, sessionFile, webUrl } from "../environment.ts";
import { takeLooks } from "../looks.ts";
import { callTool } from "../mcp.ts";
import { toolCallsUrl } from "../pages.ts";
import { expect, test } from "../watched.ts";

interface Visit {
  page: string;
  url: string;
  /** What is opened before looking. */
  open?: (page: Page) => Promise<void>;
}

const team = "axe";

const INSIDE: Visit[] = [
  { page: "projects", url: "/projects" },
  {
    page: "new project",
    url: "/projects",
    open: (page) => page.locator("header button").first().click(),
  },
  {
    page: "overview",
    url: `/projects/${project}`,
    open: (page) => page.locator("main section li").first().waitFor(),
  },
  { page: "members", url: `/projects/${project}/members` },
  {
    page: "new invitation",
    url: `/projects/${project}/members`,
    open: (page) => page.locator("header button").first().click(),
  },
  {
    page: "deletion of a project",
    url: `/projects/${project}/settings`,
    open: async (page) => {
      await page.locator("button .lucide-trash-2").click();
      await page.getByRole("dialog").locator("form").waitFor();
    },
  },
  { page: "trash", url: "/trash", open: (page) => page.locator("main li").first().waitFor() },
  { page: "teams", url: "/teams" },
  {
    page: "new team",
    url: "/teams",
    open: (page) => page.locator("header button").first().click(),
  },
  { page: "team", url: `/teams/${team}`, open: (page) => page.locator("main li").first().waitFor() },
  {
    page: "activity of a team",
    url: `/teams/${team}/activity`,
    open: (page) => page.locator("main li").first().waitFor(),
  },
  { page: "settings of a team", url: `/teams/${team}/settings` },
  {
    page: "activity",
    url: `/projects/${project}/activity`,
    open: (page) => page.locator("main li").first().waitFor(),
  },
  { page: "profile", url: "/profile", open: (page) => page.locator("main li").first().waitFor() },
  {
    page: "deletion of an account",
    url: "/profile",
    open: (page) => page.locator("main section button").last().click(),
  },
  ...["", "/teams", "/projects", "/api-keys", "/activity", "/system"].map((part) => ({
    page: `administration${part}`,
    url: `/administration${part}`,
    open: (page: Page) => page.locator("main li, main dl").first().waitFor(),
  })),
  {
    page: "settings",
    url: `/projects/${project}/settings`,
    open: (page) => page.getByRole("spinbutton").first().waitFor(),
  },
  { page: "invitation", url: "/invitation?token=mcpinvite_of_nobody" },
  { page: "tool calls", url: toolCallsUrl, open: (page) => firstRow(page).waitFor() },
  {
    page: "one tool call",
    url: `${toolCallsUrl}?status=error`,
    open: async (page) => {
      await firstRow(page).click();
      await page.locator("aside [role=tabpanel] dl").waitFor();
    },
  },
  { page: "no match", url: `${toolCallsUrl}?tool=no-such-tool` },
  {
    page: "metrics",
    url: `/projects/${project}/metrics`,
    open: (page) => page.locator("[role=slider] canvas").nth(1).waitFor(),
  },
  { page: "servers", url: `/projects/${project}/servers` },
  {
    page: "new server",
    url: `/projects/${project}/servers`,
    open: (page) => page.locator("header button").nth(1).click(),
  },
  {
    page: "a configuration to paste",
    url: `/projects/${project}/servers`,
    open: async (page) => {
      await page.locator("header button").first().click();
      await page.getByRole("textbox").fill('{"mcpServers": {"a": {"command": "a"}, "sample": {}}}');
      await page.locator("form button[type=submit]").click();
      await page.getByRole("checkbox").first().waitFor();
    },
  },
  {
    page: "one server",
    url: `/projects/${project}/servers/${server}`,
    open: (page) => page.locator("summary").first().click(),
  },
  {
    page: "a tool to run",
    url: `/projects/${project}/servers/${server}`,
    open: async (page) => {
      await page.locator("li h3 ~ button:not([role])").first().click();
      await page.getByRole("dialog").locator("form").waitFor();
    },
  },
  {
    page: "sessions",
    url: `/projects/${project}/sessions`,
    open: (page) => page.locator("main li a").first().waitFor(),
  },
  {
    page: "one session",
    url: `/projects/${project}/sessions`,
    open: async (page) => {
      await page.locator("main li a").first().click();
      await page.locator("dl").waitFor();
    },
  },
  {
    page: "server logs",
    url: `/projects/${project}/server-logs`,
    open: (page) => page.getByRole("log").waitFor(),
  },
  {
    page: "palette",
    url: `/projects/${project}/api-keys`,
    open: async (page) => {
      await page.keyboard.press("Control+k");
      await page.getByRole("listbox").waitFor();
    },
  },
  {
    page: "a server to edit",
    url: `/projects/${project}/servers/${server}`,
    open: async (page) => {
      await page.locator(".lucide-pencil").click();
      await page.getByRole("dialog").locator("form").waitFor();
    },
  },
  { page: "connect", url: `/projects/${project}/connect` },
  { page: "API keys", url: `/projects/${project}/api-keys` },
  {
    page: "new API key",
    url: `/projects/${project}/api-keys`,
    open: async (page) => {
      await page.locator("header button").first().click();
      await page.getByRole("dialog").locator("summary").click();
    },
  },
];

const OUTSIDE: Visit[] = [
  { page: "sign-in", url: "/sign-in" },
  { page: "sign-up", url: "/sign-up" },
];

function firstRow(page: Page) {
  return page.locator('[role="row"][aria-selected]').first();
}

async function visit(page: Page, { page: name, url, open }: Visit): Promise<void> {
  await page.goto(url);
  await page.locator("h1, h2").first().waitFor();
  await page.waitForLoadState("load");
  await open?.(page);
  const { violations } = await new AxeBuilder({ page }).analyze();
  const found = violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join("\n  ")}`,
  );
  expect(found).toEqual([]);
  await takeLooks(page, `${name}-${await page.locator("html").getAttribute("lang")}`);
}

const LOOKS = [
  { theme: "dark", locale: "en-US" },
  { theme: "light", locale: "ko-KR" },
] as const;

test.beforeAll(async ({ browser }) => {
  const context = await browser.newContext({ baseURL: webUrl, storageState: sessionFile });
  // Its second making is refused.
  await context.request.post("/api/v1/teams", { data: { name: "Axe", slug: team } });
  await context.request.post("/api/v1/teams", { data: { name: "Waste", slug: "axe-waste" } });
  await context.request.delete("/api/v1/teams/axe-waste?name=Waste");
  await context.close();
  await callTool("fail", { message: "something to look at" });
});

for (const { theme, locale } of LOOKS) {
  test.describe(`accessible in ${theme} and ${locale}`, () => {
    test.use({ locale, colorScheme: theme });

    for (const one of INSIDE) {
      test(`is the page: ${one.page}`, async ({ page }) => {
        await visit(page, one);
        await expect(page.locator("html")).toHaveAttribute("data-theme", theme);
        await expect(page.locator("html")).toHaveAttribute("lang", locale.slice(0, 2));
      });
    }
  });

  test.describe(`accessible signed out, in ${theme} and ${locale}`, () => {
    test.use({ locale, colorScheme: theme, storageState: { cookies: [], origins: [] } });

    for (const one of OUTSIDE) {
      test(`is the page: ${one.page}`, ({ page }) => visit(page, one));
    }
  });
}
