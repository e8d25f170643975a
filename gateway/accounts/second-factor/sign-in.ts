// What follows a right password: a session, or first a second step. Whoever has a second factor proves it; where everybody
// needs one, whoever has none sets it up before anything else.
import type { z } from "zod";
import type { Deps } from "../../../shared/broker/deps.ts";
import type { SecondFactorAsked } from "../../../shared/contracts/accounts.ts";
import { fail } from "../../../shared/contracts/errors.ts";
import { withPostgres } from "../../postgres-deadline.ts";
import { beginSession, type LoginDeps, type Origin, type SignedIn } from "../login.ts";
import { tellPerson } from "../notices.ts";
import { findUser, type KnownUser } from "../store.ts";
import { type Challenge, type ChallengeKind, type FirstFactor, passwordMarkOf } from "./challenges.ts";
import { proveSecondFactor, type SecondProof, whyRefused } from "./prove.ts";
import { beginSetUp, finishSetUp } from "./set-up.ts";
import { factorRequired } from "./store.ts";

export interface Asked {
  readonly asked: z.output<typeof SecondFactorAsked>;
}

/** Begins a session for somebody who has proven the first factor, or answers what is asked of them next. */
export const admitOrAsk = async (
  deps: LoginDeps,
  user: KnownUser,
  origin: Origin,
  by: FirstFactor,
): Promise<SignedIn | Asked> => {
  const setUp = !user.hasSecondFactor && (await withPostgres(() => factorRequired(deps.db)));
  if (!user.hasSecondFactor && !setUp) return beginSession(deps, user, origin, by);
  const { challenge, seconds } = await deps.challenges.open({
    kind: setUp ? "set-up" : "code",
    userId: user.id,
    passwordMark: passwordMarkOf(user),
    by,
  });
  return { asked: { secondFactor: true, setUp, challenge, expiresInSeconds: seconds } };
};

const gone = () =>
  fail("CHALLENGE_INVALID", "This sign-in took too long, or had too many wrong codes. Start again with your password.");

/** The person of a challenge, as long as nothing about their way in has changed. Throws CHALLENGE_INVALID. */
const personOf = async (
  deps: LoginDeps,
  challenge: string,
  kind: ChallengeKind,
): Promise<{ user: KnownUser; asked: Challenge }> => {
  const asked = await deps.challenges.read(challenge);
  if (asked?.kind !== kind) throw gone();
  const user = await withPostgres(() => findUser(deps.db, asked.userId));
  if (!user || user.hasSecondFactor !== (kind === "code") || passwordMarkOf(user) !== asked.passwordMark) throw gone();
  return { user, asked };
};

/** The second step. Throws CODE_WRONG, CHALLENGE_INVALID, RATE_LIMITED. */
export const signInWithCode = async (
  deps: LoginDeps,
  challenge: string,
  proof: SecondProof,
  origin: Origin,
): Promise<SignedIn> => {
  const { user } = await personOf(deps, challenge, "code");
  const by = await proveSecondFactor(deps, user, proof, origin);
  if (by) {
    if (!(await deps.challenges.take(challenge))) throw gone();
    return beginSession(deps, user, origin, by);
  }
  if (await deps.challenges.wrong(challenge)) {
    // Somebody knows the password: its owner should hear of it.
    await deps.db.transaction((trx) => tellPerson(trx, deps, user.email, "wrong-codes"));
    throw gone();
  }
  throw fail("CODE_WRONG", `The ${proof.code === undefined ? "recovery code" : "code"} ${whyRefused(proof)}`);
};

/** The secret for somebody who must set it up now. Throws CHALLENGE_INVALID. */
export const beginAtSignIn = async (
  deps: Deps,
  login: LoginDeps,
  challenge: string,
): Promise<{ secret: string; uri: string }> => {
  const { user } = await personOf(login, challenge, "set-up");
  return beginSetUp(deps, login.secretKeys, user, challenge);
};

/** Switches it on with the first code, and begins the session. Throws VALIDATION_FAILED, CHALLENGE_INVALID. */
export const finishAtSignIn = async (
  deps: Deps,
  login: LoginDeps,
  challenge: string,
  code: string,
  origin: Origin,
): Promise<{ signedIn: SignedIn; recoveryCodes: readonly string[] }> => {
  const { user, asked } = await personOf(login, challenge, "set-up");
  const { address, requestId } = origin;
  const recoveryCodes = await finishSetUp(
    deps,
    login.secretKeys,
    user,
    { holder: challenge, code },
    { address, requestId },
  );
  if (!(await login.challenges.take(challenge))) throw gone();
  return {
    signedIn: await beginSession(login, { ...user, hasSecondFactor: true }, origin, asked.by),
    recoveryCodes,
  };
};
