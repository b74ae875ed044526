import { defineConfig } from "@playwright/test";
import tests from "./playwright.config.ts";

/** Takes the pictures of README and docs; `./take-pictures` gives it a stack. */
export default defineConfig({
  ...tests,
  testDir: "pictures",
  projects: [{ name: "pictures", testMatch: "*.pictures.ts" }],
});
