// All checks in their order. Where no database is named it looks at the embedded ones, as far as they run.
import { resolve } from "node:path";
import { checkClock } from "../../shared/boot/clock.ts";
import { type Environment, readEnvironment } from "../../shared/environment.ts";
import { about, type Finding } from "../../shared/finding.ts";
import { readBackends } from "../../shared/local-backends.ts";
import { wrongVariables } from "../../shared/wrong-variables.ts";
import { livingNotes } from "../start/run-files.ts";
import { checkAddress } from "./address.ts";
import { checkBackups } from "./backups.ts";
import { checkEmail } from "./email.ts";
import { checkMachine, checkPrivateRedis } from "./machine.ts";
import { checkPostgres } from "./postgres.ts";
import { checkRedis } from "./redis.ts";
import { checkVariables } from "./variables.ts";

const postgresOf = async (url: string | undefined, embedded: string | undefined, dataDir: string, pool: number) => {
  const address = url ?? embedded;
  if (address) return checkPostgres(address, pool);
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
  const wrong = new Set(wrongVariables(environment).map(({ name }) => name));
  const usable = (name: string) => (wrong.has(name) ? undefined : value(name));
  const running = livingNotes(dataDir).some(({ role }) => role === "supervisor");
  // In a container of a deployment nothing but the platform has a port.
  const inside = running || value("RAILWAY_ENVIRONMENT_NAME") !== undefined;
  const embedded = running ? readBackends(dataDir) : undefined;
  const [machine, redis, postgres, email, address, backups] = await Promise.all([
    checkMachine(dataDir, Number(usable("PORT") ?? 3000), inside),
    wrong.has("REDIS_URL") || wrong.has("LC_REDIS_CA")
      ? { aheadMs: undefined, findings: [] }
      : redisOf(value("REDIS_URL"), embedded?.redisUrl),
    wrong.has("DATABASE_URL") || wrong.has("LC_POSTGRES_CA")
      ? { aheadMs: undefined, findings: [] }
      : postgresOf(value("DATABASE_URL"), embedded?.databaseUrl, dataDir, Number(usable("LC_DB_POOL") ?? 10)),
    wrong.has("LC_EMAIL_PROVIDER") ? [] : checkEmail(environment),
    wrong.has("PUBLIC_URL") && environment.value("NODE_ENV") === "production" ? [] : checkAddress(environment),
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
