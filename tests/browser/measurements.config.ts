import { defineConfig } from "@playwright/test";
import { sessionFile } from "./environment.ts";
import tests from "./playwright.config.ts";

/** Measures instead of testing; `./performance` gives it a stack with many calls. */
export default defineConfig({
  ...tests,
  timeout: 300_000,
  use: { ...tests.use, actionTimeout: 15_000 },
  projects: [
    { name: "sign-in", testMatch: "a_link_signs_in_once.ts" },
    {
      name: "measurements",
      testDir: "measurements",
      testMatch: "*.measurements.ts",
      dependencies: ["sign-in"],
      use: { storageState: sessionFile },
    },
  ],
});
