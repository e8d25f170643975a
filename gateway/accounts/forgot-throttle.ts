// How often somebody may ask for a new password: twenty times an hour from one address, and three times in a quarter of an
// hour for one account, so that nobody's mailbox can be filled by a stranger.
import type { Redis } from "ioredis";
import { RateLimiterRedis, RateLimiterRes } from "rate-limiter-flexible";
import { fail } from "../../shared/contracts/errors.ts";
import { addressKey } from "../auth/address-key.ts";
import { withRedis } from "../redis-deadline.ts";

export interface ForgotThrottle {
  /** Counts a wish. False: too many for this account. Throws RATE_LIMITED (429) for too many from this address. */
  admit(address: string, accountHash: string): Promise<boolean>;
}

export const createForgotThrottle = (redis: Redis): ForgotThrottle => {
  const limiter = (name: string, points: number, duration: number) =>
    new RateLimiterRedis({ storeClient: redis, keyPrefix: `lc:forgot:${name}`, points, duration });
  const byAddress = limiter("address", 20, 3_600);
  const byAccount = limiter("account", 3, 900);
  /** Milliseconds to wait; 0 when there was a point left. */
  const take = (from: RateLimiterRedis, key: string): Promise<number> =>
    from.consume(key).then(
      () => 0,
      (refused: unknown) => {
        if (refused instanceof RateLimiterRes) return Math.max(1, refused.msBeforeNext);
        throw refused;
      },
    );
  return {
    async admit(address, accountHash) {
      const [wait = 0, over = 0] = await withRedis(redis, () =>
        Promise.all([take(byAddress, addressKey(address)), take(byAccount, accountHash)]),
      );
      if (wait > 0) {
        const retryAfter = Math.ceil(wait / 1000);
        throw fail("RATE_LIMITED", `Too many requests for a new password from here. Try again in ${retryAfter} s.`, {
          retryAfter,
        });
      }
      return over === 0;
    },
  };
};
