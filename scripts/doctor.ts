// `npm run doctor`: looks at everything the platform stands on and says what to do. Exits with 1 when there is a problem.
// `npm run doctor -- --json` says the same for programs. It changes nothing.
import { readFlags } from "./command-line.ts";
import { examine } from "./doctor/examine.ts";
import { report } from "./doctor/print.ts";

const flags = readFlags("Usage: npm run doctor [-- --json]\nExits with 0 when there is no problem, else with 1.", [
  "json",
]);
const findings = await examine();
const problems = findings.some(({ level }) => level === "problem");
const text = flags.has("json") ? JSON.stringify({ ok: !problems, findings }, null, 2) : report(findings).join("\n");
// Only once everything is written: a pipe takes it in pieces.
process.stdout.write(`${text}\n`, () => process.exit(problems ? 1 : 0));
