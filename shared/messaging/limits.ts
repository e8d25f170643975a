// How many messages a sender may claim now: rates by token buckets in Redis, an account's day by Postgres.
// Guarantees: without a word from Redis nothing limited is sent, and what is lost on the way makes us slower, never faster.
import type { Deps } from "../broker/deps.ts";
import { type BucketRequest, returnTokens, type Tokens, takeTokens } from "./buckets.ts";
import { returnDayTokens, takeDayTokens } from "./day-limit.ts";
import type { Dispatch } from "./dispatches.ts";

/** After Redis did not answer, what needs it is left alone for so long; what does not goes on. */
const REDIS_AWAY_MS = 1_000;
/** A day's end is not waited for in one go: the limit may be raised meanwhile. */
const DAY_AGAIN_MS = 1_000;
/** Claims whose day is remembered for giving tokens back; each belongs to at most one lease. */
const REMEMBERED = 10_000;

const bucketsOf = (dispatch: Dispatch): BucketRequest[] => [
  ...(dispatch.sender.ratePerSecond
    ? [{ name: `account:${dispatch.sender.id}`, perSecond: dispatch.sender.ratePerSecond }]
    : []),
  ...(dispatch.ratePerSecond
    ? [{ name: `${dispatch.source}:${dispatch.sourceId}`, perSecond: dispatch.ratePerSecond }]
    : []),
];

export interface ClaimTokens extends Tokens {
  /** The account's day is used up: nothing more comes before tomorrow, or before somebody raises the limit. */
  readonly dayOver: boolean;
}

/** The limits of one sender's claims, over the provider's hold. */
export const createLimits = (deps: Pick<Deps, "db" | "redis" | "clock" | "log">, transportName: string) => {
  let redisAwayUntil = 0;
  const days = new Map<string, { readonly accountId: string; readonly day: string }>();

  const redisAway = (error: unknown): Tokens => {
    redisAwayUntil = deps.clock.monotonic() + REDIS_AWAY_MS;
    deps.log.debug(`rates wait for Redis: ${(error as Error).message}`);
    return { granted: 0, waitMs: REDIS_AWAY_MS };
  };

  const tokens = async (buckets: readonly BucketRequest[], holds: readonly string[], wanted: number) => {
    if (deps.clock.monotonic() < redisAwayUntil) return { granted: 0, waitMs: REDIS_AWAY_MS };
    return takeTokens(deps.redis, buckets, holds, wanted).catch(redisAway);
  };

  const giveRate = async (dispatch: Dispatch, count: number) => {
    await returnTokens(deps.redis, bucketsOf(dispatch), count).catch(redisAway);
  };

  const giveDay = async (attemptId: string, count: number) => {
    const taken = days.get(attemptId);
    if (taken)
      await returnDayTokens(deps.db, taken.accountId, taken.day, count).catch((error: unknown) =>
        deps.log.debug(`${count} of the day are lost: ${(error as Error).message}`),
      );
  };

  return {
    /** Tokens for a claim under `attemptId`, at most `wanted`. `held`: ask Redis whether the provider wants a pause. */
    async take(dispatch: Dispatch, attemptId: string, wanted: number, held: boolean): Promise<ClaimTokens> {
      const buckets = bucketsOf(dispatch);
      const rate =
        buckets.length > 0 || held
          ? await tokens(buckets, [`provider:${transportName}`], wanted)
          : { granted: wanted, waitMs: 0 };
      const { id, dailyLimit } = dispatch.sender;
      if (dailyLimit === null || rate.granted === 0) return { ...rate, dayOver: false };
      const day = await takeDayTokens(deps.db, id, dailyLimit, rate.granted);
      const granted = day?.granted ?? 0;
      if (granted < rate.granted) await giveRate(dispatch, rate.granted - granted);
      if (day) {
        days.set(attemptId, { accountId: id, day: day.day });
        const oldest = days.keys().next().value;
        if (days.size > REMEMBERED && oldest !== undefined) days.delete(oldest);
      }
      return { granted, waitMs: granted < rate.granted ? DAY_AGAIN_MS : rate.waitMs, dayOver: granted === 0 };
    },
    /** Gives back what a claim did not use. */
    async giveBack(dispatch: Dispatch, attemptId: string, count: number): Promise<void> {
      if (count <= 0) return;
      await giveRate(dispatch, count);
      await giveDay(attemptId, count);
    },
    /** Tokens of a recipient domain. */
    ofDomain: (domain: string, perSecond: number, wanted: number): Promise<Tokens> =>
      tokens([{ name: `domain:${domain}`, perSecond }], [], wanted),
    /** Messages of these claims that nobody took, one entry each: they count for no day. Rates are not given back. */
    async notTaken(attemptIds: readonly string[]): Promise<void> {
      if (days.size === 0) return;
      for (const [attemptId, same] of Map.groupBy(attemptIds, (id) => id)) await giveDay(attemptId, same.length);
    },
  };
};
