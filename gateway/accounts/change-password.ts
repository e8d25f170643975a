// A person's own new password: needs the one in use, and ends every session but this one.
import type { Caller } from "../../shared/broker/context.ts";
import type { Deps } from "../../shared/broker/deps.ts";
import { fail } from "../../shared/contracts/errors.ts";
import { audit } from "../audit/store.ts";
import { withPostgres } from "../postgres-deadline.ts";
import { applyAccessChange, publishAccessChange } from "./access-changed.ts";
import { type LoginDeps, type Origin, throttleKey } from "./login.ts";
import { demandGoodPassword, hashPassword, passwordFits } from "./passwords.ts";
import { findUser, setPassword } from "./store.ts";

export interface PasswordChange {
  readonly current: string;
  readonly password: string;
}

const wrong = () => {
  const message = "is not your password";
  return fail("VALIDATION_FAILED", `The current password ${message}`, { errors: [{ path: "current", message }] });
};

/** Throws VALIDATION_FAILED for a wrong current or a bad new password, RATE_LIMITED after too many wrong ones. */
export const changePassword = async (
  deps: Deps,
  login: Pick<LoginDeps, "throttle" | "secretKeys">,
  caller: Caller,
  { current, password }: PasswordChange,
  { address, requestId }: Pick<Origin, "address" | "requestId">,
): Promise<void> => {
  const account = throttleKey(login.secretKeys, caller.email);
  demandGoodPassword(password, caller.email);
  await login.throttle.attempt(address, account);
  const user = await withPostgres(() => findUser(deps.db, caller.userId));
  if (!(await passwordFits(user?.passwordHash, current)) || !user) throw wrong();
  await login.throttle.succeeded(address, account);
  const passwordHash = await hashPassword(password);
  const change = { userId: user.id, at: deps.clock.now(), keepSessionId: caller.sessionId };
  await deps.db.transaction(async (trx) => {
    await setPassword(trx, user.id, passwordHash);
    await audit(trx, { id: deps.id(), event: "user.password-changed", userId: user.id, requestId, address });
    await publishAccessChange(trx, change);
  });
  await applyAccessChange(deps, change, []);
};
