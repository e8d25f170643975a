// The door that callbacks come through. Anybody may knock, and a forged one costs reading it and checking a signature: so
// an address that sends wrong ones again and again is refused before a byte is read, and none has many read at once. Other
// addresses, and with them the provider's, are not touched. Counted in this process: a flood asks neither Postgres nor Redis.
import { RateLimiterMemory } from "rate-limiter-flexible";
import { fail } from "../../shared/contracts/errors.ts";
import { addressKey } from "../auth/address-key.ts";

export interface DoorLimits {
  /** Wrong callbacks of one address within a minute. */
  readonly wrongPerMinute: number;
  /** Callbacks of one address that are read and checked at the same time. */
  readonly atOnce: number;
}

export interface Door {
  /**
   * Does the reading and checking of one callback; what it throws counts as wrong. Throws RATE_LIMITED (429, which
   * providers take as: send it again later) instead of doing it when there were too many.
   */
  enter<T>(address: string, check: () => Promise<T>): Promise<T>;
}

export const createDoor = ({ wrongPerMinute, atOnce }: DoorLimits): Door => {
  const wrong = new RateLimiterMemory({ points: wrongPerMinute, duration: 60 });
  const inside = new Map<string, number>();
  const tooMany = (retryAfter: number) =>
    fail("RATE_LIMITED", `Too many callbacks that are not genuine come from here. Send it again in ${retryAfter} s.`, {
      retryAfter,
    });
  return {
    async enter(address, check) {
      const key = addressKey(address);
      const before = await wrong.get(key);
      if (before && before.consumedPoints >= wrongPerMinute)
        throw tooMany(Math.max(1, Math.ceil(before.msBeforeNext / 1000)));
      const others = inside.get(key) ?? 0;
      if (others >= atOnce) throw tooMany(1);
      inside.set(key, others + 1);
      try {
        const checked = await check();
        // Where genuine ones come from is the provider's, whoever else may send from there.
        await wrong.delete(key);
        return checked;
      } catch (error) {
        await wrong.penalty(key);
        throw error;
      } finally {
        const left = (inside.get(key) ?? 1) - 1;
        if (left > 0) inside.set(key, left);
        else inside.delete(key);
      }
    },
  };
};
