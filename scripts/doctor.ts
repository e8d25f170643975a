// `npm run doctor`: looks at everything the platform stands on and says what to do. Exits with 1 when there is a problem.
// `npm run doctor -- --json` says the same for programs. It changes nothing.
import { examine } from "./doctor/examine.ts";
import { report } from "./doctor/print.ts";

const findings = await examine();
const problems = findings.some(({ level }) => level === "problem");
const text = process.argv.includes("--json")
  ? JSON.stringify({ ok: !problems, findings }, null, 2)
  : report(findings).join("\n");
// Only once everything is written: a pipe takes it in pieces.
process.stdout.write(`${text}\n`, () => process.exit(problems ? 1 : 0));
