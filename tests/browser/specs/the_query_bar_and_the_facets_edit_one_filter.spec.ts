import { callTool } from "../mcp.ts";
import { openLiveCalls, rowsOf, toolCallsUrl } from "../pages.ts";
import { expect, test } from "../watched.ts";

test("what is typed shows in the facets, and what is ticked shows in the bar", async ({ page }) => {
  await callTool("echo", { text: "findable walrus" });
  await callTool("fail", { message: "findable walrus" });
  await openLiveCalls(page);
  await page.keyboard.press("/");
  const bar = page.getByRole("combobox", { name: "Filter" });
  await expect(bar).toBeFocused();

  await page.keyboard.type("sta");
  await page.getByRole("option", { name: /^status:/ }).click();
  await page.getByRole("option", { name: /^error/ }).click();
  await page.keyboard.type("walrus");
  await page.keyboard.press("Enter");
  await expect(bar).toHaveValue("status:error walrus");
  await expect(page.getByRole("checkbox", { name: "Error", exact: true })).toBeChecked();
  await expect(rowsOf(page, "fail").first()).toBeVisible();
  await expect(rowsOf(page, "echo")).toHaveCount(0);

  await page.getByRole("checkbox", { name: "Success", exact: true }).click();
  await expect(bar).toHaveValue("walrus status:(error OR success)");
  await expect(rowsOf(page, "echo").first()).toBeVisible();
  await page.getByRole("checkbox", { name: "Error", exact: true }).click();
  await expect(bar).toHaveValue("walrus status:success");
  await expect(rowsOf(page, "fail")).toHaveCount(0);

  const address = page.url();
  await page.goto("/projects");
  await page.goto(address);
  await expect(bar).toHaveValue("walrus status:success");
  await page.goBack();
});

test("a mistake is named with its column, and changes nothing", async ({ page }) => {
  await callTool("echo", { text: "anything" });
  await openLiveCalls(page);
  const bar = page.getByRole("combobox", { name: "Filter" });
  await bar.fill("stauts:error");
  await page.keyboard.press("Escape");
  await expect(page.getByText("There is no field “stauts”.")).toBeVisible();
  await expect(page.getByText("column 1", { exact: true })).toBeVisible();
  await page.keyboard.press("Enter");
  await expect(page).not.toHaveURL(/q=/);
  await expect(rowsOf(page, "echo").first()).toBeVisible();
});

test("dragging across the histogram zooms in, and the range says where", async ({ page }) => {
  await callTool("echo", { text: "in sight" });
  await openLiveCalls(page);
  const plot = page.getByRole("figure", { name: "Calls over time" }).locator("> div");
  const box = await plot.boundingBox();
  if (!box) throw new Error("no histogram");
  await page.mouse.move(box.x + box.width * 0.5, box.y + 20);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width - 2, box.y + 20, { steps: 5 });
  await page.mouse.up();
  await expect(page).toHaveURL(/from=.*&to=/);
  await expect(page.getByRole("button", { name: /Time range/ })).toContainText(/20\d\d-/);
});

test("the bars of the histogram say what they count", async ({ page }) => {
  await callTool("echo", { text: "counted" });
  await openLiveCalls(page);
  const histogram = page.getByRole("figure", { name: "Calls over time" });
  await expect(histogram.locator("p")).toHaveText(/\d\d:\d\d.* Success \d+/);
  const plot = histogram.locator("> div");
  const box = await plot.boundingBox();
  if (!box) throw new Error("no histogram");
  await page.mouse.move(box.x + box.width - 3, box.y + 20);
  await expect(plot).toHaveText(/\d+ calls?Success\d+/);
  await page.mouse.move(box.x, box.y + box.height + 60);
  await expect(plot).toHaveText("");
});

test("a value in the arguments narrows the list to it", async ({ page }) => {
  const text = `narrow ${Date.now()}`;
  await callTool("echo", { text });
  await callTool("echo", { text: "another" });
  await openLiveCalls(page);
  await rowsOf(page, "echo").filter({ hasText: "narrow" }).first().click();
  const drawer = page.getByRole("complementary", { name: "Tool call" });
  await drawer.getByRole("button", { name: `Filter for this value: "${text}"` }).click();
  await expect(page.getByRole("combobox", { name: "Filter" })).toHaveValue(
    `arguments.text:"${text}"`,
  );
  await expect(rowsOf(page, "echo")).toHaveCount(1);
});

test("an address whose query cannot be read says so, and asks for nothing", async ({ page }) => {
  await callTool("echo", { text: "still here" });
  for (const path of [toolCallsUrl, toolCallsUrl.replace("tool-calls", "metrics")]) {
    await page.goto(`${path}?q=stauts:error`);
    await expect(page.getByText("There is no field “stauts”.")).toBeVisible();
    await expect(page.getByRole("heading", { name: "The filter cannot be read" })).toBeVisible();
  }
  await page.goto(`${toolCallsUrl}?q=stauts:error`);
  await page.getByRole("button", { name: "Clear the filter" }).last().click();
  await expect(page).not.toHaveURL(/q=/);
  await expect(rowsOf(page, "echo").first()).toBeVisible();
});

test("an address that names fields by hand becomes a query", async ({ page }) => {
  await page.goto(`${toolCallsUrl}?status=error&tool=fail`);
  await expect(page.getByRole("combobox", { name: "Filter" })).toHaveValue(
    "status:error tool:fail",
  );
});
