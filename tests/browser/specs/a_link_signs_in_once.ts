import { sessionFile, signInLink, webUrl } from "../environment.ts";
import { expect, test } from "../watched.ts";

// The second use is refused, and the browser says so on its console.
test.use({ refusals: /auth\/sign-in-link|api\/v1\/me/ });

test("a sign-in link signs in once and leads to the projects", async ({ page, browser }) => {
  await page.goto(signInLink);
  await expect(page).toHaveURL(/\/projects/);
  await expect(
    page
      .getByRole("navigation")
      .or(page.getByRole("heading", { name: "Projects" }))
      .first(),
  ).toBeVisible();
  expect(page.url()).not.toContain("link=");
  await page.context().storageState({ path: sessionFile });

  const stranger = await browser.newContext({ baseURL: webUrl, locale: "en-US" });
  const other = await stranger.newPage();
  await other.goto(signInLink);
  await expect(
    other.getByRole("heading", { name: "This link does not work any more" }),
  ).toBeVisible();
  await stranger.close();
});
