// `npm run chaos [-- --only kill,flush] [--messages 100000] [--jobs 20000] [--quick]`: faults at full size on real Redis,
// Postgres, SMTP and processes. Prints a row per fault, writes RESULTS.md when everything ran, and exits with 1 when a
// target was missed. Takes about half an hour; --quick takes a few minutes.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import * as jobFaults from "./job-faults.ts";
import * as mailFaults from "./mail-faults.ts";
import { documentOf, missedBy, type Outcome, rowOf } from "./outcome.ts";
import * as schedulerFaults from "./scheduler-faults.ts";

export interface ChaosFlags {
  /** Mails of each campaign. */
  readonly messages: number;
  /** Jobs of each fault at the job layer. */
  readonly jobs: number;
  /** kill -9 of workers mid-job. */
  readonly kills: number;
  /** kill -9 of each process during a campaign. */
  readonly killsEach: number;
  /** How often the other faults happen. */
  readonly rounds: number;
  readonly quick: boolean;
}

const faults: Record<string, (flags: ChaosFlags) => Promise<Outcome>> = {
  ...jobFaults,
  ...schedulerFaults,
  ...mailFaults,
};

const { values } = parseArgs({
  options: {
    only: { type: "string", default: "" },
    messages: { type: "string" },
    jobs: { type: "string" },
    kills: { type: "string" },
    quick: { type: "boolean", default: false },
  },
});
const { quick } = values;

const wholeNumber = (flag: string, given: string | undefined, otherwise: number): number => {
  if (given === undefined) return otherwise;
  const value = Number(given);
  if (Number.isInteger(value) && value > 0) return value;
  process.stderr.write(`--${flag} is "${given}", expected a whole number above 0\n`);
  process.exit(2);
};

const flags: ChaosFlags = {
  messages: wholeNumber("messages", values.messages, quick ? 5_000 : 100_000),
  jobs: wholeNumber("jobs", values.jobs, quick ? 3_000 : 20_000),
  kills: wholeNumber("kills", values.kills, quick ? 10 : 200),
  killsEach: quick ? 2 : 20,
  rounds: quick ? 2 : 5,
  quick,
};
const names = values.only ? values.only.split(",").filter(Boolean) : Object.keys(faults);
for (const name of names) {
  if (faults[name]) continue;
  process.stderr.write(`There is no fault "${name}"; there are: ${Object.keys(faults).join(", ")}\n`);
  process.exit(2);
}

const outcomes: Outcome[] = [];
let broken = 0;
for (const name of names) {
  process.stdout.write(`${name} …\n`);
  const begun = performance.now();
  try {
    const outcome = await (faults[name] as (typeof faults)[string])(flags);
    outcomes.push(outcome);
    process.stdout.write(`${rowOf(outcome)} (${Math.round((performance.now() - begun) / 1000)} s)\n`);
  } catch (error) {
    broken++;
    process.stderr.write(`${name} could not be judged: ${error instanceof Error ? error.stack : String(error)}\n`);
  }
}

const missed = outcomes.filter((outcome) => missedBy(outcome).length > 0);
const command = `npm run chaos${quick ? " -- --quick" : ""}`;
const text = documentOf(outcomes, command);
process.stdout.write(`\n${text}\n`);
// A part of the faults, or a short run, is no record of the whole.
if (!quick && broken === 0 && outcomes.length === Object.keys(faults).length)
  writeFileSync(fileURLToPath(new URL("./RESULTS.md", import.meta.url)), text);
if (missed.length + broken > 0) process.exitCode = 1;
process.stdout.write(`RESULT ${JSON.stringify({ faults: outcomes.length, missed: missed.length, broken })}\n`);
