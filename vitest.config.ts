// The suites: unit and integration side by side, then faults and then the browser on their own, because those measure
// and kill. Real Redis and Postgres come from test/global-setup.ts.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defineConfig } from "vitest/config";

const dataDir = mkdtempSync(join(tmpdir(), "lc-test-data-"));
process.on("exit", () => rmSync(dataDir, { recursive: true, force: true }));

const quiet = {
  // Nothing of the developer's own setup reaches a test: no .env, no data folder, no databases.
  NODE_ENV: "test",
  LC_DATA_DIR: dataDir,
  DATABASE_URL: "",
  REDIS_URL: "",
  PORT: "",
  PUBLIC_URL: "",
};

const suite = (name: string, include: string[], groupOrder: number, maxWorkers: number) => ({
  test: {
    name,
    include,
    env: quiet,
    pool: "forks" as const,
    maxWorkers,
    sequence: { groupOrder },
    // For what hangs, not for what is slow: on a busy machine everything takes ten times as long.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 60_000 } },
  },
});

export default defineConfig({
  test: {
    globalSetup: "test/global-setup.ts",
    projects: [
      suite("unit", ["test/unit/**/*.test.ts", "test/*.test.ts"], 0, 4),
      suite("integration", ["test/integration/**/*.test.ts", "test/conformance/**/*.test.ts"], 0, 4),
      suite("faults", ["test/faults/**/*.test.ts"], 1, 2),
      suite("e2e", ["test/e2e/**/*.test.ts"], 2, 3),
    ],
  },
});
