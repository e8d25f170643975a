// All checks in their order. Where no database is named it looks at the embedded ones, as far as they run.
import { resolve } from "node:path";
import { type Environment, readEnvironment } from "../../shared/environment.ts";
import { readBackends } from "../../shared/local-backends.ts";
import { livingNotes } from "../start/run-files.ts";
import { checkAddress } from "./address.ts";
import { checkBackups } from "./backups.ts";
import { checkEmail } from "./email.ts";
import { about, type Finding } from "./finding.ts";
import { checkMachine, checkPrivateRedis } from "./machine.ts";
import { checkPostgres } from "./postgres.ts";
import { checkRedis } from "./redis.ts";
import { checkVariables } from "./variables.ts";

const clock = about("Clock");
const SKEW_MS = 2_000;
const BAD_SKEW_MS = 30_000;

/** `aheadMs`: milliseconds by which the other clock is ahead of ours; undefined when nobody told it. */
export const checkClock = (name: string, aheadMs: number | undefined): Finding[] => {
  if (aheadMs === undefined) return [];
  const seconds = (Math.abs(aheadMs) / 1000).toFixed(1);
  if (Math.abs(aheadMs) <= SKEW_MS) return [clock.ok(name, `the same time as here, to ${seconds} s`)];
  const found = `${seconds} s ${aheadMs > 0 ? "ahead of" : "behind"} this machine`;
  const advice =
    "Let both follow a time server (chrony, systemd-timesyncd): leases, schedules and sign-in count on it.";
  return [(Math.abs(aheadMs) > BAD_SKEW_MS ? clock.problem : clock.warning)(name, found, advice)];
};

const postgresOf = async (url: string | undefined, embedded: string | undefined, dataDir: string) => {
  const address = url ?? embedded;
  if (address) return checkPostgres(address);
  const found = `npm start runs an embedded one, with its data in ${dataDir}/postgres`;
  return { aheadMs: undefined, findings: [about("Postgres").ok("Postgres", found)] };
};

const redisOf = async (url: string | undefined, embedded: string | undefined) => {
  const address = url ?? embedded;
  return address
    ? checkRedis(address)
    : { aheadMs: undefined, findings: [{ ...checkPrivateRedis(), area: "Redis" as const }] };
};

/** Everything the doctor finds; never throws for what it finds. */
export const examine = async (environment: Environment = readEnvironment()): Promise<readonly Finding[]> => {
  const { value } = environment;
  const dataDir = resolve(value("LC_DATA_DIR") ?? ".data");
  const wrong = new Set(environment.states.filter(({ state }) => state === "invalid").map(({ name }) => name));
  const usable = (name: string) => (wrong.has(name) ? undefined : value(name));
  const running = livingNotes(dataDir).some(({ role }) => role === "supervisor");
  const embedded = running ? readBackends(dataDir) : undefined;
  const [machine, redis, postgres, email, address, backups] = await Promise.all([
    checkMachine(dataDir, Number(usable("PORT") ?? 3000), running),
    wrong.has("REDIS_URL") ? { aheadMs: undefined, findings: [] } : redisOf(value("REDIS_URL"), embedded?.redisUrl),
    wrong.has("DATABASE_URL")
      ? { aheadMs: undefined, findings: [] }
      : postgresOf(value("DATABASE_URL"), embedded?.databaseUrl, dataDir),
    wrong.has("LC_EMAIL_PROVIDER") ? [] : checkEmail(environment),
    wrong.has("PUBLIC_URL") ? [] : checkAddress(environment),
    wrong.has("LC_S3_URL") ? [] : checkBackups(environment),
  ]);
  return [
    ...checkVariables(environment),
    ...machine,
    ...postgres.findings,
    ...redis.findings,
    ...checkClock("Postgres", postgres.aheadMs),
    ...checkClock("Redis", redis.aheadMs),
    ...email,
    ...address,
    ...backups,
  ];
};
