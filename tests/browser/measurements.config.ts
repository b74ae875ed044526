import { defineConfig } from "@playwright/test";
import tests from "./playwright.config.ts";

/** Measures instead of testing; `./performance` gives it a stack with many calls. */
export default defineConfig({
  ...tests,
  testDir: "measurements",
  timeout: 300_000,
  use: { ...tests.use, actionTimeout: 15_000 },
  projects: [{ name: "measurements", testMatch: "*.measurements.ts" }],
});
