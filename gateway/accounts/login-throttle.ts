// Slows guessing down without letting a stranger lock somebody out: per address, per account from one address, and,
// much wider, per account from everywhere. Counted before the password is looked at, given back when it was right.
import type { Redis } from "ioredis";
import { RateLimiterRedis, RateLimiterRes } from "rate-limiter-flexible";
import { fail } from "../../shared/contracts/errors.ts";
import { addressKey } from "../auth/address-key.ts";
import { withRedis } from "../redis-deadline.ts";

const quarterHour = 900;
const day = 86_400;

/** Points and the seconds they last. */
type Limit = readonly [points: number, seconds: number];

interface Limits {
  /** Per account from one address. */
  readonly pair: Limit;
  readonly address: Limit;
  /** Per account from everywhere. */
  readonly account: Limit;
}

export interface LoginThrottle {
  /** Counts an attempt; throws RATE_LIMITED (429) when there were too many wrong ones. */
  attempt(address: string, accountHash: string): Promise<void>;
  /** It was the right password: takes the attempt back, and forgets the wrong ones of this address. */
  succeeded(address: string, accountHash: string): Promise<void>;
  /** Nobody could say whether it was the right password: takes the attempt back. */
  undecided(address: string, accountHash: string): Promise<void>;
}

const createThrottle = (redis: Redis, name: string, limits: Limits, what: string): LoginThrottle => {
  const limiter = (kind: keyof Limits) =>
    new RateLimiterRedis({
      storeClient: redis,
      keyPrefix: `lc:login:${name}${kind}`,
      points: limits[kind][0],
      duration: limits[kind][1],
    });
  const pair = limiter("pair");
  const address = limiter("address");
  const account = limiter("account");
  const keys = (from: string, to: string) =>
    [
      [pair, `${addressKey(from)}:${to}`],
      [address, addressKey(from)],
      [account, to],
    ] as const;
  /** Counts with each of the limiters. Answers the milliseconds to wait; 0 when all had a point left. */
  const consume = async (counted: readonly (readonly [RateLimiterRedis, string])[]): Promise<number> => {
    const waits = await withRedis(redis, () =>
      Promise.all(
        counted.map(([limit, key]) =>
          limit.consume(key).then(
            () => 0,
            (refused: unknown) => {
              if (refused instanceof RateLimiterRes) return Math.max(1, refused.msBeforeNext);
              throw refused;
            },
          ),
        ),
      ),
    );
    return Math.max(...waits);
  };

  return {
    async attempt(from, to) {
      const [one, two, three] = keys(from, to);
      // One after the other: what one address is refused for must not use up the tries that the account has from elsewhere.
      const waitMs = (await consume([one, two])) || (await consume([three]));
      if (waitMs === 0) return;
      const retryAfter = Math.ceil(waitMs / 1000);
      throw fail("RATE_LIMITED", `${what} Try again in ${retryAfter} s.`, { retryAfter });
    },

    async undecided(from, to) {
      await withRedis(redis, () => Promise.all(keys(from, to).map(([limit, key]) => limit.reward(key))));
    },

    async succeeded(from, to) {
      const [one, two, three] = keys(from, to);
      await withRedis(redis, () =>
        Promise.all([one[0].delete(one[1]), two[0].reward(two[1]), three[0].reward(three[1])]),
      );
    },
  };
};

/** For passwords. */
export const createLoginThrottle = (redis: Redis): LoginThrottle =>
  createThrottle(
    redis,
    "",
    {
      pair: [10, quarterHour],
      address: [100, quarterHour],
      // One minute only: whoever attacks an account from many places delays its owner, and cannot keep the owner out.
      account: [60, 60],
    },
    "Too many attempts to sign in.",
  );

/**
 * For codes of the second factor. A million codes are soon tried, so an account has few tries a day from everywhere; only
 * who knows its password can use them up, and a new password brings new ones: the account's key names the password.
 */
export const createCodeThrottle = (redis: Redis): LoginThrottle =>
  createThrottle(
    redis,
    "code-",
    { pair: [10, quarterHour], address: [100, quarterHour], account: [30, day] },
    "Too many wrong codes. A new password, chosen under “Forgot your password?”, brings new tries.",
  );
