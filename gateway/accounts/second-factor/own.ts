// One's own second factor, for somebody who is signed in: look at it, switch it off, take new recovery codes.
import type { Caller, Meta } from "../../../shared/broker/context.ts";
import type { Deps } from "../../../shared/broker/deps.ts";
import { fail } from "../../../shared/contracts/errors.ts";
import { audit } from "../../audit/store.ts";
import { withPostgres } from "../../postgres-deadline.ts";
import { applyAccessChange, publishAccessChange } from "../access-changed.ts";
import { callerOf } from "../actor.ts";
import type { LoginDeps, Origin } from "../login.ts";
import { tellPerson } from "../notices.ts";
import { demandOwnPassword } from "../own-password.ts";
import { findUser, type KnownUser } from "../store.ts";
import { demandSecondFactor, type SecondProof } from "./prove.ts";
import { makeRecoveryCodes } from "./recovery-codes.ts";
import { deleteFactor, factorRequired, factorState, replaceCodes } from "./store.ts";

/** The caller's account. Throws NOT_SIGNED_IN when it is gone. */
export const ownAccount = async (deps: Pick<Deps, "db">, meta: Meta): Promise<KnownUser> => {
  const user = await withPostgres(() => findUser(deps.db, callerOf(meta).userId));
  if (!user) throw fail("NOT_SIGNED_IN", "This account no longer exists");
  return user;
};

/** What the person's page shows of it. */
export const showSecondFactor = async (deps: Pick<Deps, "db">, meta: Meta) => {
  const [state, required] = await Promise.all([factorState(deps.db, callerOf(meta).userId), factorRequired(deps.db)]);
  return {
    on: state !== undefined,
    since: state?.since.toISOString() ?? null,
    recoveryCodesLeft: state?.codesLeft ?? 0,
    required,
  };
};

/** Password and a code, in this order: codes are not for guessing by whoever found an open browser. */
const demandBoth = async (
  login: LoginDeps,
  caller: Caller,
  { password, ...proof }: SecondProof & { readonly password: string },
  origin: Origin,
): Promise<KnownUser> => {
  const user = await demandOwnPassword(login, caller, { text: password, path: "password" }, origin);
  await demandSecondFactor(login, user, proof, origin);
  return user;
};

/**
 * Switches it off and ends the person's other sessions; where everybody needs one, this session as well, so that it is set
 * up anew at the next sign-in. Throws VALIDATION_FAILED, SECOND_FACTOR_OFF, RATE_LIMITED.
 */
export const switchOff = async (
  deps: Deps,
  login: LoginDeps,
  caller: Caller,
  given: SecondProof & { readonly password: string },
  origin: Origin,
): Promise<void> => {
  const user = await demandBoth(login, caller, given, origin);
  const keepSessionId = (await withPostgres(() => factorRequired(deps.db))) ? undefined : caller.sessionId;
  const { address, requestId } = origin;
  const change = await deps.db.transaction(async (trx) => {
    const change = await publishAccessChange(trx, { userId: user.id, keepSessionId });
    if (!(await deleteFactor(trx, user.id))) throw fail("SECOND_FACTOR_OFF", "It was switched off in this moment.");
    await audit(trx, { id: deps.id(), event: "user.second-factor-off", userId: user.id, requestId, address });
    await tellPerson(trx, deps, user.email, "second-factor-off");
    return change;
  });
  await applyAccessChange(deps, change, []);
};

/** Ten new recovery codes. Throws VALIDATION_FAILED, SECOND_FACTOR_OFF, RATE_LIMITED. */
export const renewRecoveryCodes = async (
  deps: Deps,
  login: LoginDeps,
  caller: Caller,
  given: SecondProof & { readonly password: string },
  origin: Origin,
): Promise<readonly string[]> => {
  const user = await demandBoth(login, caller, given, origin);
  const { codes, salt, hashes } = await makeRecoveryCodes();
  const { address, requestId } = origin;
  await deps.db.transaction(async (trx) => {
    if (!(await replaceCodes(trx, user.id, { salt, hashes })))
      throw fail("SECOND_FACTOR_OFF", "It was switched off in this moment.");
    await audit(trx, { id: deps.id(), event: "user.recovery-codes-renewed", userId: user.id, requestId, address });
    await tellPerson(trx, deps, user.email, "recovery-codes-renewed");
  });
  return codes;
};
