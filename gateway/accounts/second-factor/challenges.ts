// What stands between the right password and a session: a challenge, good for minutes, for one person, one password and
// one purpose, and for five wrong codes. Only its hash is kept, in Redis, and whoever passes it takes it out.
import { hash, randomBytes } from "node:crypto";
import type { Redis } from "ioredis";
import { withRedis } from "../../redis-deadline.ts";
import type { KnownUser } from "../store.ts";

/** `code`: a second factor is on and must be proven. `set-up`: everybody needs one, and the person has none yet. */
export type ChallengeKind = "code" | "set-up";
export type FirstFactor = "password" | "invite";

export interface Challenge {
  readonly kind: ChallengeKind;
  readonly userId: string;
  /** Of the password that was given: with a new one the challenge is void. */
  readonly passwordMark: string;
  readonly by: FirstFactor;
}

const seconds: Readonly<Record<ChallengeKind, number>> = { code: 300, "set-up": 900 };
const mostWrong = 5;

const keyOf = (challenge: string) => `lc:second-factor:challenge:${hash("sha256", challenge)}`;
const triesOf = (challenge: string) => `${keyOf(challenge)}:wrong`;

/** Tells one password of a person from the next without telling anything about it. */
export const passwordMarkOf = ({ id, passwordHash }: Pick<KnownUser, "id" | "passwordHash">): string =>
  hash("sha256", `${id}:${passwordHash ?? ""}`);

export interface Challenges {
  /** A new one, with its life in seconds. */
  open(challenge: Challenge): Promise<{ challenge: string; seconds: number }>;
  /** What it is about, or undefined when it was passed, failed too often, or is too old. */
  read(challenge: string): Promise<Challenge | undefined>;
  /** Counts a wrong code. True when it was one too many: the challenge is void. */
  wrong(challenge: string): Promise<boolean>;
  /** Takes it out. False when somebody else did. */
  take(challenge: string): Promise<boolean>;
}

/** Every command has a deadline: SERVICE_UNAVAILABLE while Redis is away. */
export const createChallenges = (redis: Redis): Challenges => ({
  async open(data) {
    const challenge = randomBytes(24).toString("base64url");
    const life = seconds[data.kind];
    await withRedis(redis, () => redis.set(keyOf(challenge), JSON.stringify(data), "EX", life));
    return { challenge, seconds: life };
  },

  async read(challenge) {
    const text = await withRedis(redis, () => redis.get(keyOf(challenge)));
    return text === null ? undefined : (JSON.parse(text) as Challenge);
  },

  async wrong(challenge) {
    const key = triesOf(challenge);
    const done = await withRedis(redis, () => redis.multi().incr(key).expire(key, seconds["set-up"]).exec());
    if (Number(done?.[0]?.[1]) < mostWrong) return false;
    await withRedis(redis, () => redis.del(keyOf(challenge), key));
    return true;
  },

  async take(challenge) {
    return (await withRedis(redis, () => redis.del(keyOf(challenge)))) === 1;
  },
});
