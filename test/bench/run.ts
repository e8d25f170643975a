// `npm run bench -- <name> [--runs 5] [--recipients 100000] …`: runs one benchmark of the table below.
// Ours and its peer alternate in the same run on a real Redis (AOF everysec) and a real Postgres (fsync on).
import { parseArgs } from "node:util";
import { campaign } from "./campaign/campaign.ts";

export interface BenchFlags {
  readonly runs: number;
  readonly recipients: number;
  readonly connections: number;
  /** Names of the contenders to run; all when empty. */
  readonly only: readonly string[];
  readonly databaseUrl: string | undefined;
  readonly redisUrl: string | undefined;
}

const benches: Record<string, (flags: BenchFlags) => Promise<void>> = { campaign };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: "string", default: "5" },
    recipients: { type: "string", default: "100000" },
    connections: { type: "string", default: "8" },
    only: { type: "string", default: "" },
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

const count = (flag: "runs" | "recipients" | "connections"): number => {
  const value = Number(values[flag]);
  if (Number.isInteger(value) && value > 0) return value;
  process.stderr.write(`--${flag} is "${values[flag]}", expected a whole number above 0\n`);
  process.exit(2);
};

await bench({
  runs: count("runs"),
  recipients: count("recipients"),
  connections: count("connections"),
  only: values.only.split(",").filter(Boolean),
  databaseUrl: values["database-url"],
  redisUrl: values["redis-url"],
});
