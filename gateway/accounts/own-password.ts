// Giving one's password again: for changes of the account itself, and as a proof that holds for an hour. A session that
// was left open or stolen must not be enough to keep an account for good. Guessing is throttled as at the sign-in.
import type { Caller, Meta } from "../../shared/broker/context.ts";
import type { Deps } from "../../shared/broker/deps.ts";
import { fail } from "../../shared/contracts/errors.ts";
import { audit } from "../audit/store.ts";
import { withPostgres } from "../postgres-deadline.ts";
import { sessionsOf } from "./access-changed.ts";
import { sessionOf } from "./actor.ts";
import { type LoginDeps, type Origin, throttleKey } from "./login.ts";
import { passwordFits } from "./passwords.ts";
import { findUser, type KnownUser } from "./store.ts";

export interface GivenPassword {
  readonly text: string;
  /** Name of the field that it was given in. */
  readonly path: string;
}

/** The caller, with their own password. Throws VALIDATION_FAILED for a wrong one, RATE_LIMITED after too many. */
export const demandOwnPassword = async (
  login: Pick<LoginDeps, "db" | "id" | "throttle" | "secretKeys">,
  caller: Caller,
  { text, path }: GivenPassword,
  { address, requestId }: Pick<Origin, "address" | "requestId">,
): Promise<KnownUser> => {
  const account = throttleKey(login.secretKeys, caller.email);
  await login.throttle.attempt(address, account);
  const user = await withPostgres(() => findUser(login.db, caller.userId)).catch(async (error: unknown) => {
    await login.throttle.undecided(address, account).catch(() => undefined);
    throw error;
  });
  if (!(await passwordFits(user?.passwordHash, text)) || !user) {
    await withPostgres(() =>
      audit(login.db, { id: login.id(), event: "user.proof-refused", userId: caller.userId, requestId, address }),
    );
    const message = "is not your password";
    throw fail("VALIDATION_FAILED", `The current password ${message}`, { errors: [{ path, message }] });
  }
  await login.throttle.succeeded(address, account);
  return user;
};

/**
 * Throws PROOF_NEEDED unless the caller signed in, or gave the password again, within the last hour; SESSION_REQUIRED for
 * access tokens.
 */
export const demandFreshProof = async (deps: Pick<Deps, "redis" | "clock">, meta: Meta): Promise<void> => {
  const { sessionId } = sessionOf(meta);
  if (await sessionsOf(deps).isProven(sessionId)) return;
  throw fail(
    "PROOF_NEEDED",
    "You signed in more than an hour ago. Give your password again (POST /api/v1/auth/proof), then repeat this.",
  );
};

/** The same for acts that access tokens may do as well: whoever made the token gave the proof then. Throws PROOF_NEEDED. */
export const demandFreshSession = async (deps: Pick<Deps, "redis" | "clock">, meta: Meta): Promise<void> => {
  if (meta.caller?.sessionId !== undefined) await demandFreshProof(deps, meta);
};
