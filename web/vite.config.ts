import vue from "@vitejs/plugin-vue";
import { defineConfig } from "vitest/config";
import { aliases } from "./aliases.ts";
import { BROWSERS } from "./browsers.ts";

export default defineConfig({
  plugins: [vue()],
  resolve: { alias: aliases },
  // Only `<script setup>` is used here: the other component style would be dead weight.
  define: { __VUE_OPTIONS_API__: "false", __VUE_PROD_DEVTOOLS__: "false" },
  build: {
    target: "es2022",
    cssTarget: BROWSERS,
    sourcemap: false,
    // Every asset is a file of its own: the content security policy then needs no exceptions.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    // `npm run dev` beside a server that runs on its default address.
    proxy: { "/api": "http://127.0.0.1:8080" },
  },
  test: {
    environment: "happy-dom",
    include: ["src/**/*.test.ts", "client/src/**/*.test.ts", "inbox/src/**/*.test.ts"],
    setupFiles: ["patience.ts"],
    testTimeout: 30_000,
  },
});
