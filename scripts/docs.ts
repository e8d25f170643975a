// `npm run docs`: writes .env.example and the tables of README.md from the code they describe.
// `npm run docs -- --check` writes nothing and fails when one of them is out of date.
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { generatedFiles } from "./docs/generated-files.ts";

const root = resolve(import.meta.dirname, "..");
const check = process.argv.includes("--check");

for (const { path, text } of generatedFiles(root)) {
  const file = join(root, path);
  let found = "";
  try {
    found = readFileSync(file, "utf8");
  } catch {
    // Not there yet: as good as out of date.
  }
  if (found === text) process.stdout.write(`${path} is up to date\n`);
  else if (check) {
    process.stderr.write(`${path} is out of date: run npm run docs\n`);
    process.exitCode = 1;
  } else {
    writeFileSync(file, text);
    process.stdout.write(`${path} is written\n`);
  }
}
