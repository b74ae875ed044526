import { project, server } from "../environment.ts";
import { toolCallsUrl } from "../pages.ts";
import { expect, test } from "../watched.ts";

test("a text within a large payload is found where it was closed, and stepped to", async ({
  page,
}) => {
  const text = `deep ${Date.now()}`;
  const nested = { list: Array.from({ length: 60 }, (_, at) => ({ at, inner: { note: `n${at}` } })) };
  nested.list[57] = { at: 57, inner: { note: text } };
  const url = `/api/v1/projects/${project}/servers/${server}/tools/echo/call`;
  const called = await page.request.post(url, { data: { arguments: { text, nested } } });
  expect(called.ok()).toBe(true);
  const { tool_call_id: id } = (await called.json()) as { tool_call_id: string };
  await page.goto(`${toolCallsUrl}?call=${id}&tab=arguments`);
  const drawer = page.getByRole("complementary", { name: "Tool call" });
  await drawer.getByRole("button", { name: "Search in it" }).click();
  await page.keyboard.type(text.toUpperCase());
  await expect(drawer.getByRole("status")).toHaveText("1 / 2");
  await page.keyboard.press("Enter");
  await expect(drawer.getByRole("status")).toHaveText("2 / 2");
  await expect(drawer.locator("[data-marked]")).toBeInViewport();
  await expect(drawer.locator("[data-marked]")).toContainText(`"note": "${text}"`);
  await page.keyboard.press("Enter");
  await expect(drawer.getByRole("status")).toHaveText("1 / 2");
});

test.describe("on a narrow screen", () => {
  test.use({ viewport: { width: 390, height: 844 } });

  test("the facets come up over the list", async ({ page }) => {
    await page.goto(`${toolCallsUrl}?last=6h`);
    await page.getByRole("button", { name: "Filters" }).click();
    const sheet = page.getByRole("dialog");
    await sheet.getByRole("checkbox", { name: "Success", exact: true }).click();
    await sheet.getByRole("button", { name: "Show the calls" }).click();
    await expect(page.getByRole("combobox", { name: "Filter" })).toHaveValue("status:success");
  });
});
