import { defineConfig } from "@playwright/test";
import { sessionFile, webUrl } from "./environment.ts";

export default defineConfig({
  testDir: "specs",
  outputDir: "test-results",
  // One stack and one call list for all: a test must not see another's calls arrive.
  workers: 1,
  fullyParallel: false,
  forbidOnly: true,
  retries: 0,
  reporter: "list",
  timeout: 60_000,
  expect: { timeout: 15_000 },
  use: {
    baseURL: webUrl,
    locale: "en-US",
    viewport: { width: 1440, height: 900 },
    screenshot: "only-on-failure",
    launchOptions: {
      executablePath: process.env.MCPORCH_CHROMIUM ?? "/usr/bin/chromium",
      args: [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
  projects: [
    { name: "sign-in", testMatch: "a_link_signs_in_once.ts" },
    {
      name: "signed-in",
      testMatch: "*.spec.ts",
      dependencies: ["sign-in"],
      use: { storageState: sessionFile },
    },
  ],
});
