import type { Locator, Page } from "@playwright/test";
import { project } from "./environment.ts";

export const toolCallsUrl = `/projects/${project}/tool-calls`;

/** Opens the call list and waits until it is live, so that no call can come too early. */
export async function openLiveCalls(page: Page, search = ""): Promise<void> {
  await page.goto(toolCallsUrl + search);
  await page.locator('[role="status"][data-state="live"]').waitFor();
}

/** The rows of calls of a tool, newest first. */
export function rowsOf(page: Page, tool: string): Locator {
  return page
    .getByRole("row")
    .filter({ has: page.getByRole("gridcell", { name: tool, exact: true }) });
}
