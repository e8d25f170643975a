// What Redis must be, checked at start and by the doctor: new enough, never evicting (it carries work and sessions), and
// written to disk. Hosters and access lists may deny INFO and CONFIG: what cannot be known is said to be unknown.
import { about, type Finding } from "../finding.ts";

const { ok, warning, problem } = about("Redis");
const OLDEST = 7;

/** The part of a client that is needed here. */
export interface AskableRedis {
  info(): Promise<string>;
  config(command: "GET", name: string): Promise<unknown>;
  time(): Promise<number[]>;
}

export interface RedisLook {
  readonly findings: readonly Finding[];
  /** Its clock minus ours, in milliseconds; undefined when it may not be asked. */
  readonly aheadMs: number | undefined;
}

const denied = /^(NOPERM|ERR unknown (sub)?command|ERR .*(not allowed|disabled))/i;

/** The answer, or undefined when the server does not let us ask. Rejects as the connection does. */
const ifAllowed = async <T>(answer: Promise<T>): Promise<T | undefined> => {
  try {
    return await answer;
  } catch (error) {
    if (denied.test((error as Error).message)) return undefined;
    throw error;
  }
};

const field = (info: string, name: string): string | undefined =>
  new RegExp(`^${name}:(.*)$`, "m").exec(info)?.[1]?.trim();

const settingOf = async (redis: AskableRedis, name: string): Promise<string | undefined> => {
  const answer = await ifAllowed(redis.config("GET", name));
  return Array.isArray(answer) && typeof answer[1] === "string" ? answer[1] : undefined;
};

const versionOf = (info: string): Finding => {
  const valkey = field(info, "valkey_version");
  const version = field(info, "redis_version");
  if (version === undefined) return ok("Version", "unknown (INFO is denied)");
  const said = valkey ? `Valkey ${valkey}` : `Redis ${version}`;
  if (Number(version.split(".")[0]) >= OLDEST) return ok("Version", said);
  const advice = "Bring it up to Redis 7 or Valkey: older ones lack commands that streams need.";
  return { ...problem("Version", said, advice), blocks: true };
};

const setIt = "Set it to noeviction (redis.conf, or CONFIG SET maxmemory-policy noeviction)";

const policyOf = (policy: string | undefined): Finding => {
  if (policy === "noeviction") return ok("maxmemory-policy", policy);
  if (policy === undefined)
    return warning(
      "maxmemory-policy",
      "unknown (INFO and CONFIG are denied)",
      `Make sure that it is noeviction: ${setIt}.`,
    );
  const advice = `${setIt}: with any other, a full Redis drops sessions, limits and work on its way.`;
  return { ...problem("maxmemory-policy", policy, advice), blocks: true };
};

const persistenceOf = (on: string | undefined): Finding => {
  const advice =
    "Switch appendonly on: after a restart of Redis everybody has to sign in again, and work waits until it is published anew.";
  if (on === undefined) return warning("Append-only file", "unknown (INFO and CONFIG are denied)", advice);
  return on === "1" || on === "yes" ? ok("Append-only file", "on") : warning("Append-only file", "off", advice);
};

/** Looks at a server that answers. Rejects as the connection does. */
export const lookAtRedis = async (redis: AskableRedis): Promise<RedisLook> => {
  const info = (await ifAllowed(redis.info())) ?? "";
  const policy = field(info, "maxmemory_policy") ?? (await settingOf(redis, "maxmemory-policy"));
  const persistence = field(info, "aof_enabled") ?? (await settingOf(redis, "appendonly"));
  const asked = Date.now();
  const time = await ifAllowed(redis.time());
  const middle = (asked + Date.now()) / 2;
  const [seconds, micros] = time ?? [];
  return {
    aheadMs: time && Number(seconds) * 1000 + Number(micros) / 1000 - middle,
    findings: [versionOf(info), policyOf(policy), persistenceOf(persistence)],
  };
};
