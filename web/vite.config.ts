import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { bundleSizes } from "./bundle-sizes.ts";

// Where `npm run dev` finds the REST API: a running `mcp-orch serve`.
const gateway = process.env.MCPORCH_HTTP_URL ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react(), tailwindcss(), bundleSizes()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  server: { proxy: { "/api": { target: gateway, xfwd: true } } },
  build: {
    target: "es2023",
    // Everything is a file of its own: the content security policy knows no `data:`.
    assetsInlineLimit: 0,
    // Browsers of the target know modulepreload.
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 450,
    // What every page needs, in one file: it packs better than in many.
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            {
              name: "shell",
              test: /node_modules\/(react|react-dom|scheduler|use-sync-external-store|react-i18next|i18next|openapi-fetch|@tanstack\/(history|store|react-store|router-core|react-router|query-core|react-query))\//,
            },
          ],
        },
      },
    },
  },
  test: {
    environment: "node",
    include: ["src/**/*.test.{ts,tsx}"],
    env: { TZ: "UTC" },
  },
});
