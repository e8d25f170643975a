// `npm run fuzz [-- --requests 100000] [--seed 7] [--only contacts.] [--path 3:1]`: the fuzz of the test suite with as many
// requests as one likes. Prints the numbers and, for every finding, the shortest request and how to send it again.
import { spawn } from "node:child_process";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { environmentWith } from "../../shared/config.ts";

const root = resolve(import.meta.dirname, "../..");
const { values } = parseArgs({
  options: {
    requests: { type: "string", default: "20000" },
    seed: { type: "string", default: String(Date.now() % 1_000_000_000) },
    only: { type: "string", default: "" },
    path: { type: "string", default: "" },
  },
});
for (const name of ["requests", "seed"] as const) {
  if (/^\d{1,9}$/.test(values[name])) continue;
  process.stderr.write(`--${name} is "${values[name]}", expected a whole number of at most nine digits\n`);
  process.exit(2);
}

const child = spawn(
  process.execPath,
  [resolve(root, "node_modules/vitest/vitest.mjs"), "run", "--project", "integration", "test/integration/fuzz.test.ts"],
  {
    cwd: root,
    stdio: "inherit",
    env: environmentWith({
      LC_FUZZ_REQUESTS: values.requests,
      LC_FUZZ_SEED: values.seed,
      LC_FUZZ_ONLY: values.only,
      LC_FUZZ_PATH: values.path,
    }),
  },
);
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill(signal));
child.on("exit", (code) => {
  process.exitCode = code ?? 1;
});
