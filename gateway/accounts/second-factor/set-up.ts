// Switching the second factor on: a new secret waits in Redis, sealed, until the first code of the app confirms it. It
// belongs to the session or sign-in that asked, so nobody confirms a secret that somebody else has seen.
import { hash } from "node:crypto";
import type { Deps } from "../../../shared/broker/deps.ts";
import { fail } from "../../../shared/contracts/errors.ts";
import { audit } from "../../audit/store.ts";
import { withPostgres } from "../../postgres-deadline.ts";
import { withRedis } from "../../redis-deadline.ts";
import { applyAccessChange, publishAccessChange } from "../access-changed.ts";
import type { Actor } from "../actor.ts";
import { tellPerson } from "../notices.ts";
import type { KnownUser } from "../store.ts";
import { makeRecoveryCodes } from "./recovery-codes.ts";
import { openSecret, sealSecret } from "./secrets.ts";
import { insertFactor } from "./store.ts";
import { describeSecret, newSecret, stepOfCode } from "./totp.ts";

const lifeSeconds = 900;
/** `holder` is the session or challenge that asked. */
const keyOf = (holder: string) => `lc:second-factor:set-up:${hash("sha256", holder)}`;

const demandOff = (user: KnownUser): void => {
  if (user.hasSecondFactor)
    throw fail("SECOND_FACTOR_ON", "Your second factor is on. Switch it off first, then set it up on another device.");
};

/** The secret for the app, the same until it is confirmed. Throws SECOND_FACTOR_ON. */
export const beginSetUp = async (
  deps: Pick<Deps, "redis">,
  ring: readonly string[],
  user: KnownUser,
  holder: string,
): Promise<{ secret: string; uri: string }> => {
  demandOff(user);
  const key = keyOf(holder);
  const fresh = sealSecret(ring, user.id, newSecret()).toString("base64");
  await withRedis(deps.redis, () => deps.redis.set(key, fresh, "EX", lifeSeconds, "NX"));
  const kept = (await withRedis(deps.redis, () => deps.redis.get(key))) ?? fresh;
  return describeSecret(openSecret(ring, user.id, Buffer.from(kept, "base64")), user.email);
};

export interface FirstCode {
  readonly holder: string;
  readonly code: string;
  readonly keepSessionId?: string | undefined;
}

/**
 * Switches it on and ends the person's other sessions. Answers the recovery codes. Throws VALIDATION_FAILED for a wrong
 * code, CHALLENGE_INVALID when the secret waited too long, SECOND_FACTOR_ON.
 */
export const finishSetUp = async (
  deps: Deps,
  ring: readonly string[],
  user: KnownUser,
  { holder, code, keepSessionId }: FirstCode,
  actor: Actor,
): Promise<readonly string[]> => {
  demandOff(user);
  const kept = await withRedis(deps.redis, () => deps.redis.get(keyOf(holder)));
  if (kept === null)
    throw fail("CHALLENGE_INVALID", "The secret was shown more than 15 minutes ago. Begin again with a new one.");
  const secret = openSecret(ring, user.id, Buffer.from(kept, "base64"));
  const at = deps.clock.now();
  const step = stepOfCode(secret, code, at);
  if (step === undefined) {
    const message = "is not the one the app shows now; check that your phone's clock is right";
    throw fail("VALIDATION_FAILED", `The code ${message}`, { errors: [{ path: "code", message }] });
  }
  const { codes, salt, hashes } = await makeRecoveryCodes();
  const change = await withPostgres(() =>
    deps.db.transaction(async (trx) => {
      const change = await publishAccessChange(trx, { userId: user.id, keepSessionId });
      const sealed = sealSecret(ring, user.id, secret);
      if (!(await insertFactor(trx, { userId: user.id, secret: sealed, step, at, salt, hashes })))
        throw fail("SECOND_FACTOR_ON", "Your second factor was switched on in this moment.");
      await audit(trx, { id: deps.id(), event: "user.second-factor-on", ...actor, userId: user.id });
      await tellPerson(trx, deps, user.email, "second-factor-on");
      return change;
    }),
  );
  await applyAccessChange(deps, change, []);
  await withRedis(deps.redis, () => deps.redis.del(keyOf(holder))).catch(() => undefined);
  return codes;
};
