// `npm test`: lint, types, secrets, then every suite. The last line of stdout is the sum, `N passed, N failed, N skipped`;
// a failed check before the suites counts as one failed. Arguments go to vitest: `npm test -- test/unit`.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "..");
const modules = join(root, "node_modules");

interface Sum {
  passed: number;
  failed: number;
  skipped: number;
}

const say = (line: string) => process.stdout.write(`${line}\n`);

let current: ReturnType<typeof spawn> | undefined;
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => current?.kill(signal));

/** Runs a program of node_modules under this Node, its output as it comes. Resolves with whether it succeeded. */
const run = (script: string, args: readonly string[]): Promise<boolean> =>
  new Promise((done) => {
    const child = spawn(process.execPath, [join(modules, script), ...args], { cwd: root, stdio: "inherit" });
    current = child;
    child.on("error", () => done(false));
    child.on("exit", (code) => done(code === 0));
  });

const check = async (name: string, script: string, args: readonly string[]): Promise<number> => {
  const begun = performance.now();
  const fine = await run(script, args);
  say(`${name}: ${fine ? "fine" : "FAILED"} (${((performance.now() - begun) / 1000).toFixed(1)} s)`);
  return fine ? 0 : 1;
};

const suites = async (args: readonly string[]): Promise<Sum> => {
  const folder = mkdtempSync(join(tmpdir(), "lc-report-"));
  const report = join(folder, "report.json");
  try {
    const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
    const fine = await run("vitest/vitest.mjs", ["run", ...reporters, ...args]);
    if (!existsSync(report)) return { passed: 0, failed: 1, skipped: 0 };
    const read = JSON.parse(readFileSync(report, "utf8")) as Record<string, number>;
    const of = (key: string) => read[key] ?? 0;
    const failed = of("numFailedTests");
    return {
      passed: of("numPassedTests"),
      // A file that does not load, or an error outside a test, fails the run without failing a test.
      failed: fine ? failed : Math.max(1, failed),
      skipped: of("numPendingTests") + of("numTodoTests"),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

let failed = await check("Lint", "@biomejs/biome/bin/biome", ["check", "."]);
failed += await check("Types", "typescript/bin/tsc", ["--noEmit", "-p", "."]);
if (existsSync(join(root, "web/tsconfig.json"))) {
  failed += await check("Types of the web app", "typescript/bin/tsc", ["--noEmit", "-p", "web"]);
}
failed += await check("Secrets", "secretlint/bin/secretlint.js", ["--maskSecrets", "**/*"]);
const sum = await suites(process.argv.slice(2));
failed += sum.failed;
process.exitCode = failed === 0 ? 0 : 1;
say(`${sum.passed} passed, ${failed} failed, ${sum.skipped} skipped`);
