// Builds the web app into web/dist. Screens are chunks of their own; what every page needs is held small by a test
// (first load at most 230 KB gzip). Build it with NODE_ENV=production, or React's far larger development build goes in.
// In development, the API is the gateway on port 3000.
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { pagesHeaders, versionStamp } from "./stamp.ts";

const proxied = { target: "http://127.0.0.1:3000", changeOrigin: false };

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), versionStamp(), pagesHeaders()],
  build: {
    outDir: "dist",
    emptyOutDir: true,
    manifest: true,
    sourcemap: false,
    target: "es2023",
    // A data: URL for a script or a font would need a wider content security policy.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
  },
  server: { proxy: { "/api": proxied, "/sandbox": proxied, "/health": proxied } },
});
