import { defineConfig } from "@playwright/test";
import tests from "./playwright.config.ts";

/** Takes the pictures of README and docs; `./take-pictures` gives it a stack. */
export default defineConfig({
  ...tests,
  testDir: "pictures",
  use: { ...tests.use, actionTimeout: 15_000 },
  projects: [{ name: "pictures", testMatch: "*.pictures.ts" }],
});
