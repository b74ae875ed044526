import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { bundleSizes } from "./bundle-sizes.ts";
import { chunks } from "./chunks.ts";
import { precompressed } from "./precompressed.ts";

// Where `npm run dev` finds the REST API: a running `mcp-orch serve`.
const gateway = process.env.MCPORCH_HTTP_URL ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react(), tailwindcss(), bundleSizes(), precompressed()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  server: { proxy: { "/api": { target: gateway, xfwd: true } } },
  build: {
    target: "es2023",
    // Everything is a file of its own: the content security policy knows no `data:`.
    assetsInlineLimit: 0,
    // Browsers of the target know modulepreload.
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 450,
    rolldownOptions: { output: { codeSplitting: chunks() } },
  },
  test: {
    environment: "node",
    include: ["src/**/*.test.{ts,tsx}"],
    env: { TZ: "UTC" },
  },
});
