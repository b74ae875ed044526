import { test as base, expect } from "@playwright/test";
import { webUrl } from "./environment.ts";

/** Addresses that a test expects to be refused; the browser writes them to its console. */
interface Watch {
  refusals: RegExp | null;
}

/** A page whose console must stay silent, and which must stay at its own origin. */
export const test = base.extend<Watch>({
  refusals: [null, { option: true }],
  page: async ({ page, refusals }, use) => {
    const complaints: string[] = [];
    const origin = new URL(webUrl).origin;
    page.on("console", (message) => {
      const text = `${message.type()}: ${message.text()} (${message.location().url})`;
      const isComplaint = ["error", "warning"].includes(message.type());
      if (isComplaint && !refusals?.test(text)) complaints.push(text);
    });
    page.on("pageerror", (error) => complaints.push(`uncaught: ${error.stack ?? error.message}`));
    page.on("request", (request) => {
      const url = new URL(request.url());
      if (url.origin !== origin && url.protocol !== "blob:") complaints.push(`foreign: ${url}`);
    });
    await use(page);
    expect(complaints, "errors on the console, or requests to another origin").toEqual([]);
  },
});

export { expect };
