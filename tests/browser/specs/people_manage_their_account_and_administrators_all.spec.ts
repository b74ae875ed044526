import { comer, PASSWORD } from "../comer.ts";
import { expect, test } from "../watched.ts";

test("a person renames themselves, changes the password, ends sessions, and goes", async ({
  page,
  browser,
}) => {
  const { page: own, email, context } = await comer(page, browser, "Choi", "reporter");
  await own.request.post("/api/v1/auth/sign-in", { data: { email, password: PASSWORD } });
  await own.goto("/profile");
  await own.getByLabel("Name").fill("Choi Mina");
  await own.getByRole("button", { name: "Save" }).click();
  await expect(own.getByRole("complementary")).toContainText("Choi Mina");

  await expect(own.getByText("this browser", { exact: true })).toBeVisible();
  await own.getByRole("button", { name: "Sign out everywhere else" }).click();
  await expect(own.getByRole("button", { name: "Sign out everywhere else" })).toBeHidden();

  await own.getByLabel("Current password").fill("not this one, surely");
  await own.getByLabel("New password").fill(`${PASSWORD}, fast`);
  await own.getByRole("button", { name: "Change password" }).click();
  await expect(own.getByText("this is not your password")).toBeVisible();
  await own.getByLabel("Current password").fill(PASSWORD);
  await own.getByRole("button", { name: "Change password" }).click();
  await expect(own.getByText("The password is changed")).toBeVisible();

  await own.getByLabel("Language").selectOption("ko");
  await expect(own.getByRole("heading", { name: "프로필" })).toBeVisible();
  await own.getByLabel("언어").selectOption("en");

  await own.getByRole("button", { name: "Delete my account" }).click();
  const dialog = own.getByRole("dialog");
  await dialog.getByLabel("Password").fill(`${PASSWORD}, fast`);
  await dialog.getByRole("button", { name: "Delete my account" }).click();
  await expect(own.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await context.close();
});

test("an administrator finds somebody, locks them out and lets them in again", async ({
  page,
  browser,
}) => {
  const { page: own, email, context } = await comer(page, browser, "Kang", "reporter");
  await page.goto("/administration");
  await page.getByRole("searchbox").fill(email);
  await page.getByRole("button", { name: "Find" }).click();
  await expect(page).toHaveURL(/text=kang/);
  const row = page.getByRole("main").getByRole("listitem");
  await expect(row).toHaveCount(1);
  await row.getByRole("switch", { name: "Kang is active" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Deactivate" }).click();
  await expect(row.getByRole("switch", { name: "Kang is active" })).not.toBeChecked();
  expect((await own.request.get("/api/v1/me")).status()).toBe(401);
  await row.getByRole("switch", { name: "Kang is active" }).click();
  await expect(row.getByRole("switch", { name: "Kang is active" })).toBeChecked();
  const again = await own.request.post("/api/v1/auth/sign-in", {
    data: { email, password: PASSWORD },
  });
  expect(again.ok(), await again.text()).toBe(true);

  await page.getByRole("link", { name: "Activity" }).click();
  const deed = page.getByRole("main").locator("section > ul > li").filter({ hasText: "Kang" });
  await expect(deed.filter({ hasText: "changed the account of Kang" }).first()).toBeVisible();

  await own.goto("/administration");
  await expect(own.getByRole("heading", { name: "You may not see this" })).toBeVisible();
  await context.close();
});
