import { type Browser, type BrowserContext, expect, type Page } from "@playwright/test";
import { project, webUrl } from "./environment.ts";

export const PASSWORD = "a walrus on a bicycle";

interface Comer {
  email: string;
  context: BrowserContext;
  page: Page;
}

/** Somebody who was invited by the one on `page` and came, in a browser of their own. */
export async function comer(
  page: Page,
  browser: Browser,
  name: string,
  role: "owner" | "developer" | "reporter",
): Promise<Comer> {
  const email = `${name.toLowerCase()}.${Date.now()}@example.com`;
  const invited = await page.request.post(`/api/v1/projects/${project}/invitations`, {
    data: { email, role },
  });
  expect(invited.status(), await invited.text()).toBe(201);
  const { token } = (await invited.json()) as { token: string };
  const context = await browser.newContext({
    baseURL: webUrl,
    locale: "en-US",
    storageState: { cookies: [], origins: [] },
  });
  const signedUp = await context.request.post("/api/v1/auth/sign-up", {
    data: { email, password: PASSWORD, name, invitation_token: token },
  });
  expect(signedUp.ok(), await signedUp.text()).toBe(true);
  const accepted = await context.request.post(`/api/v1/invitations/${token}/accept`);
  expect(accepted.ok(), await accepted.text()).toBe(true);
  return { email, context, page: await context.newPage() };
}
