// Proving the second factor: a code of the app, or a recovery code. Each works once. Tries are counted per address and per
// account before they are looked at.
import { fail } from "../../../shared/contracts/errors.ts";
import { keyedHash } from "../../../shared/lib/tokens.ts";
import { audit } from "../../audit/store.ts";
import { withPostgres } from "../../postgres-deadline.ts";
import { deviceOf } from "../device.ts";
import type { LoginDeps, Origin } from "../login.ts";
import { tellPerson } from "../notices.ts";
import type { KnownUser } from "../store.ts";
import { passwordMarkOf } from "./challenges.ts";
import { hashRecoveryCode } from "./recovery-codes.ts";
import { openSecret } from "./secrets.ts";
import { findFactor, takeRecoveryCode, takeStep } from "./store.ts";
import { stepOfCode } from "./totp.ts";

/** One of both. */
export interface SecondProof {
  readonly code?: string | undefined;
  readonly recoveryCode?: string | undefined;
}

type ProveDeps = Pick<LoginDeps, "db" | "id" | "clock" | "log" | "codeThrottle" | "secretKeys">;
export type ProvenBy = "code" | "recovery-code";

const fits = async (deps: ProveDeps, user: KnownUser, { code, recoveryCode }: SecondProof): Promise<boolean> => {
  const factor = await withPostgres(() => findFactor(deps.db, user.id));
  if (!factor) return false;
  if (code !== undefined) {
    const step = stepOfCode(openSecret(deps.secretKeys, user.id, factor.secret), code, deps.clock.now());
    return step !== undefined && (await withPostgres(() => takeStep(deps.db, user.id, step)));
  }
  const codeHash = await hashRecoveryCode(recoveryCode ?? "", factor.recoverySalt);
  if (!codeHash) return false;
  return deps.db.transaction(async (trx) => {
    if (!(await takeRecoveryCode(trx, user.id, codeHash))) return false;
    await tellPerson(trx, deps, user.email, "recovery-code-used");
    return true;
  });
};

/** What the person proved it with; undefined when it was wrong, which the audit log keeps. Throws RATE_LIMITED. */
export const proveSecondFactor = async (
  deps: ProveDeps,
  user: KnownUser,
  proof: SecondProof,
  { address, requestId, userAgent }: Origin,
): Promise<ProvenBy | undefined> => {
  const by: ProvenBy = proof.code === undefined ? "recovery-code" : "code";
  const account = keyedHash(deps.secretKeys, "code-throttle", `${by}:${passwordMarkOf(user)}`);
  await deps.codeThrottle.attempt(address, account);
  const right = await fits(deps, user, proof).catch(async (error: unknown) => {
    await deps.codeThrottle.undecided(address, account).catch(() => undefined);
    throw error;
  });
  if (right) {
    await deps.codeThrottle.succeeded(address, account);
    return by;
  }
  await withPostgres(() =>
    audit(deps.db, {
      id: deps.id(),
      event: "user.second-factor-refused",
      userId: user.id,
      requestId,
      address,
      detail: { by, device: deviceOf(userAgent) },
    }),
  );
  return undefined;
};

/** Why a proof was refused, in words that go on from its name: an app has a next code, a recovery code has none. */
export const whyRefused = ({ code }: SecondProof): string =>
  code === undefined
    ? "is wrong, or was used already; each of them works once"
    : "is wrong, or was used already; a code works once, so wait for the next one";

/** The same for somebody who is signed in. Throws VALIDATION_FAILED at the field for a wrong code. */
export const demandSecondFactor = async (
  deps: ProveDeps,
  user: KnownUser,
  proof: SecondProof,
  origin: Origin,
): Promise<void> => {
  if (!user.hasSecondFactor) throw fail("SECOND_FACTOR_OFF", "You have no second factor; there is nothing to change.");
  if (await proveSecondFactor(deps, user, proof, origin)) return;
  const message = whyRefused(proof);
  const path = proof.code === undefined ? "recoveryCode" : "code";
  throw fail("VALIDATION_FAILED", `The code ${message}`, { errors: [{ path, message }] });
};
