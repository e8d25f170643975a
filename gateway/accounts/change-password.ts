// A person's own new password: needs the one in use, and ends every session but this one.
import type { Caller } from "../../shared/broker/context.ts";
import type { Deps } from "../../shared/broker/deps.ts";
import { audit } from "../audit/store.ts";
import { applyAccessChange, publishAccessChange } from "./access-changed.ts";
import type { LoginDeps, Origin } from "./login.ts";
import { tellPerson } from "./notices.ts";
import { demandOwnPassword } from "./own-password.ts";
import { demandGoodPassword, hashPassword } from "./passwords.ts";
import { revokeAllTokens, setPassword } from "./store.ts";

export interface PasswordChange {
  readonly current: string;
  readonly password: string;
  /** Also revokes the person's access tokens. */
  readonly revokeTokens: boolean;
}

/** Throws VALIDATION_FAILED for a wrong current or a bad new password, RATE_LIMITED after too many wrong ones. */
export const changePassword = async (
  deps: Deps,
  login: LoginDeps,
  caller: Caller,
  { current, password, revokeTokens }: PasswordChange,
  origin: Pick<Origin, "address" | "requestId">,
): Promise<void> => {
  demandGoodPassword(password, caller.email);
  const user = await demandOwnPassword(login, caller, { text: current, path: "current" }, origin);
  const passwordHash = await hashPassword(password);
  const { address, requestId } = origin;
  const { change, revoked } = await deps.db.transaction(async (trx) => {
    await setPassword(trx, user.id, passwordHash);
    const ids = revokeTokens ? await revokeAllTokens(trx, user.id) : [];
    await audit(trx, {
      id: deps.id(),
      event: "user.password-changed",
      userId: user.id,
      requestId,
      address,
      detail: { tokensRevoked: ids.length },
    });
    await tellPerson(trx, deps, user.email, "password-changed");
    const changed = { userId: user.id, keepSessionId: caller.sessionId };
    return { change: await publishAccessChange(trx, changed), revoked: ids };
  });
  await applyAccessChange(deps, change, revoked);
};
