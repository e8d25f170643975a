// Looks at what a process stands on when it starts, when a server comes back, and once a minute: the same checks as the
// doctor's. Each thing that is not well is one line in the log, when it begins and when it ends.
import type { Redis } from "ioredis";
import { authorityFor } from "../certificates.ts";
import { config } from "../config.ts";
import { postgresFacts } from "../db/facts.ts";
import type { Db } from "../db/knex.ts";
import { type Finding, sentenceOf, within } from "../finding.ts";
import type { Clock } from "../lib/clock.ts";
import { checkClock } from "./clock.ts";
import { postgresEncryption, redisEncryption } from "./encryption.ts";
import { postgresFindings } from "./postgres.ts";
import { providerFindings } from "./provider.ts";
import { lookAtRedis } from "./redis.ts";

const EVERY_MS = 60_000;
/** While something blocks: whoever mends it should not have to wait. */
const SOON_MS = 2_000;
const WAIT_MS = 5_000;

export interface LookoutDeps {
  readonly db: Db;
  readonly redis: Redis;
  readonly clock: Clock;
  readonly log: { info(...args: unknown[]): void; warn(...args: unknown[]): void; error(...args: unknown[]): void };
}

export interface Lookout {
  /** Looks at each server that answers, when its time has come. Never rejects: one that is away is looked at later. */
  look(there: { readonly postgres: boolean; readonly redis: boolean }): Promise<void>;
  /** What is not well. */
  findings(): readonly Finding[];
}

interface Area {
  readonly ask: () => Promise<readonly Finding[]>;
  dueAt: number;
  findings: readonly Finding[];
}

const inProduction = (findings: () => readonly Finding[]) => (config.production ? findings() : []);

/** `processes`: how many processes of the platform are known here; `sends`: this one has to do with mail. */
export const createLookout = (deps: LookoutDeps, around: { processes(): number; sends(): boolean }): Lookout => {
  const areas: Readonly<Record<"postgres" | "redis", Area>> = {
    postgres: {
      dueAt: 0,
      findings: [],
      ask: async () => {
        const facts = await postgresFacts(deps.db);
        return [
          ...postgresFindings(facts, around.processes(), config.dbPool),
          ...inProduction(() => postgresEncryption(config.databaseUrl ?? "", authorityFor("LC_POSTGRES_CA"))),
          ...checkClock("Postgres", facts.aheadMs),
        ];
      },
    },
    redis: {
      dueAt: 0,
      findings: [],
      ask: async () => {
        const { findings, aheadMs } = await lookAtRedis(deps.redis);
        return [
          ...findings,
          ...inProduction(() => redisEncryption(config.redisUrl ?? "")),
          ...checkClock("Redis", aheadMs),
        ];
      },
    },
  };
  const said = new Map<string, Finding>();

  const all = (): readonly Finding[] =>
    [...areas.postgres.findings, ...areas.redis.findings, ...(around.sends() ? providerFindings(config) : [])].filter(
      ({ level }) => level !== "ok",
    );

  const say = () => {
    const now = new Map(all().map((finding) => [`${finding.area}: ${finding.name}`, finding]));
    for (const [key, finding] of now) {
      const before = said.get(key);
      // A clock's seconds change from look to look; that is nothing new.
      if (before?.level === finding.level && (finding.area === "Clock" || before.found === finding.found)) continue;
      said.set(key, finding);
      deps.log[finding.level === "problem" ? "error" : "warn"](sentenceOf(finding));
    }
    for (const key of said.keys()) {
      if (now.has(key)) continue;
      said.delete(key);
      deps.log.info(`${key} is well again`);
    }
  };

  const lookAt = async (area: Area, there: boolean): Promise<void> => {
    const now = deps.clock.monotonic();
    if (!there) {
      area.dueAt = 0;
      return;
    }
    if (now < area.dueAt) return;
    try {
      area.findings = await within(area.ask(), WAIT_MS);
      area.dueAt = now + (area.findings.some(({ blocks }) => blocks) ? SOON_MS : EVERY_MS);
    } catch (error) {
      // It went away in the middle, which the probes say, or it does not let us look: not a reason to be unready.
      area.dueAt = now + SOON_MS;
      deps.log.info(`the check at start could not look: ${(error as Error).message}`);
    }
  };

  return {
    async look({ postgres, redis }) {
      await Promise.all([lookAt(areas.postgres, postgres), lookAt(areas.redis, redis)]);
      say();
    },
    findings: all,
  };
};
