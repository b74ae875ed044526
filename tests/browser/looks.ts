import { mkdirSync } from "node:fs";
import type { Page } from "@playwright/test";

/** A folder for pictures of what tests see; without it none are taken. */
const folder = process.env.MCPORCH_PICTURES;

export const SIZES = [
  { width: 1440, height: 900 },
  { width: 390, height: 844 },
] as const;

/** Takes the page in both sizes and themes, where pictures are wanted, and leaves it as it was. */
export async function takeLooks(page: Page, name: string): Promise<void> {
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  await page.evaluate(() => document.fonts.ready);
  const before = page.viewportSize();
  const theme = await setTheme(page, "dark");
  for (const size of SIZES) {
    await page.setViewportSize(size);
    for (const theme of ["dark", "light"]) {
      await setTheme(page, theme);
      const file = `${name}-${size.width}-${theme}.png`.replaceAll(/[ /]/g, "_");
      await page.screenshot({ path: `${folder}/${file}`, animations: "disabled" });
    }
  }
  if (before) await page.setViewportSize(before);
  await setTheme(page, theme);
}

/** The theme from now on; answers the one of before. */
function setTheme(page: Page, theme: string): Promise<string> {
  return page.evaluate((theme) => {
    const { dataset } = document.documentElement;
    const before = dataset.theme ?? theme;
    dataset.theme = theme;
    return before;
  }, theme);
}
