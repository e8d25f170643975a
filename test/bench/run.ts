// `npm run bench -- <name> [--runs 5] [--recipients 100000] [--per-second 14,70] …`: runs one benchmark of the table below.
// Ours and its peer alternate in the same run on a real Redis (AOF everysec) and a real Postgres (fsync on).
import { parseArgs } from "node:util";
import { alert } from "./alert/alert.ts";
import { campaign } from "./campaign/campaign.ts";
import { footprint } from "./footprint/footprint.ts";
import { gateway } from "./gateway/gateway.ts";
import { idle } from "./idle/idle.ts";
import { importBench } from "./import/import.ts";
import { jobs } from "./jobs/jobs.ts";
import { latency } from "./jobs/latency.ts";
import { rate } from "./rate/rate.ts";
import { scale } from "./scale/scale.ts";
import { segments } from "./segments/segments.ts";

export interface BenchFlags {
  readonly runs: number;
  readonly recipients: number;
  /** Rows of the file of benchmark "import". */
  readonly rows: number;
  /** Contacts of benchmark "segments". */
  readonly contacts: number;
  readonly connections: number;
  /** Jobs of benchmark "jobs", a run. */
  readonly jobs: number;
  /** Names of the contenders to run; all when empty. */
  readonly only: readonly string[];
  /** Rates of benchmark "rate", in mails a second; its own when empty. */
  readonly perSecond: readonly number[];
  /** How long something steady is watched. */
  readonly seconds: number;
  /** Email processes that share a campaign. */
  readonly processes: number;
  readonly databaseUrl: string | undefined;
  readonly redisUrl: string | undefined;
}

const benches: Record<string, (flags: BenchFlags) => Promise<void>> = {
  alert,
  campaign,
  footprint,
  gateway,
  idle,
  import: importBench,
  jobs,
  latency,
  rate,
  scale,
  segments,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: "string", default: "5" },
    recipients: { type: "string", default: "100000" },
    rows: { type: "string", default: "1000000" },
    contacts: { type: "string", default: "1000000" },
    connections: { type: "string", default: "16" },
    jobs: { type: "string", default: "100000" },
    only: { type: "string", default: "" },
    "per-second": { type: "string", default: "" },
    seconds: { type: "string", default: "60" },
    processes: { type: "string", default: "3" },
    "database-url": { type: "string" },
    "redis-url": { type: "string" },
  },
});

const name = positionals[0] ?? "";
const bench = benches[name];
if (!bench) {
  process.stderr.write(`There is no benchmark "${name}"; there are: ${Object.keys(benches).join(", ")}\n`);
  process.exit(2);
}

const wholeNumber = (flag: string, given: string): number => {
  const value = Number(given);
  if (Number.isInteger(value) && value > 0) return value;
  process.stderr.write(`--${flag} is "${given}", expected a whole number above 0\n`);
  process.exit(2);
};
const list = (given: string) => given.split(",").filter(Boolean);

await bench({
  runs: wholeNumber("runs", values.runs),
  recipients: wholeNumber("recipients", values.recipients),
  rows: wholeNumber("rows", values.rows),
  contacts: wholeNumber("contacts", values.contacts),
  connections: wholeNumber("connections", values.connections),
  jobs: wholeNumber("jobs", values.jobs),
  only: list(values.only),
  perSecond: list(values["per-second"]).map((one) => wholeNumber("per-second", one)),
  seconds: wholeNumber("seconds", values.seconds),
  processes: wholeNumber("processes", values.processes),
  databaseUrl: values["database-url"],
  redisUrl: values["redis-url"],
});
