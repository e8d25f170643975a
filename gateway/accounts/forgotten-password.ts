// A new password by mail. Asking is the same for everybody, known or not: a row and an event. Who it was for is looked up
// when the event is worked off, so neither the answer nor its time tells who has an account.
import type { Deps } from "../../shared/broker/deps.ts";
import { config } from "../../shared/config.ts";
import { errorCode, fail } from "../../shared/contracts/errors.ts";
import { publish } from "../../shared/jobs/outbox.ts";
import { audit } from "../audit/store.ts";
import { applyAccessChange, publishAccessChange } from "./access-changed.ts";
import { addAccountMail, demandMail, linkTo } from "./account-mail.ts";
import {
  insertPasswordLink,
  insertPasswordRequest,
  passwordLinkWorks,
  takePasswordLink,
  takePasswordRequest,
} from "./link-store.ts";
import { makeLinkToken, readLinkToken } from "./link-token.ts";
import { tellPerson } from "./notices.ts";
import { demandGoodPassword, hashPassword } from "./passwords.ts";
import { findByEmail, findUser, revokeAllTokens, setPassword } from "./store.ts";

const lifeMs = 3_600_000;

/** Writes the wish down. What comes of it happens later. */
export const askForPassword = async (
  deps: Pick<Deps, "db" | "id">,
  request: { readonly email: string; readonly requestId: string },
): Promise<void> => {
  const id = deps.id();
  await deps.db.transaction(async (trx) => {
    await insertPasswordRequest(trx, id, request);
    await publish(trx, "user.password-forgotten", { requestId: id });
  });
};

/** Mails the link, when the request names somebody who may sign in. Runs any number of times, mails once. */
export const mailPasswordLink = async (deps: Deps, requestId: string): Promise<void> => {
  try {
    await demandMail(deps.db);
  } catch (error) {
    // Nobody waits for this answer, and trying again does not help: the operator must see it.
    if (!errorCode(error)) throw error;
    deps.log.error(`a link to a new password was not mailed: ${(error as Error).message}`);
    await deps.db.transaction((trx) => takePasswordRequest(trx, requestId));
    return;
  }
  await deps.db.transaction(async (trx) => {
    const request = await takePasswordRequest(trx, requestId);
    const user = request && (await findByEmail(trx, request.email));
    if (!request || !user) return;
    const id = deps.id();
    const { token, secretHash } = makeLinkToken(config.secretKeys, "password", id);
    const expiresAt = new Date(deps.clock.now().getTime() + lifeMs);
    await insertPasswordLink(trx, { id, userId: user.id, secretHash, expiresAt });
    await addAccountMail(trx, deps.id, "password", { to: user.email, vars: { link: linkTo(`/reset/${token}`) } });
    await audit(trx, {
      id: deps.id(),
      event: "user.password-forgotten",
      userId: user.id,
      requestId: request.requestId ?? undefined,
    });
  });
};

export interface NewPassword {
  readonly token: string;
  readonly password: string;
  readonly requestId: string;
  readonly address: string;
}

/**
 * Sets a password by a mailed link, once, and ends all sessions and access tokens: whoever forgot it cannot say who else
 * knew it. The second factor stays. Throws LINK_INVALID, VALIDATION_FAILED.
 */
export const setForgottenPassword = async (
  deps: Pick<Deps, "db" | "id" | "clock" | "redis" | "log" | "broker">,
  { token, password, requestId, address }: NewPassword,
): Promise<void> => {
  const dead = () =>
    fail(
      "LINK_INVALID",
      "This link was used already, or is older than one hour. Ask for a new one under “Forgot your password?”.",
    );
  const link = readLinkToken(config.secretKeys, "password", token);
  if (!link || !(await passwordLinkWorks(deps.db, link.id, link.secretHash, deps.clock.now()))) throw dead();
  demandGoodPassword(password);
  const passwordHash = await hashPassword(password);
  const { change, revoked } = await deps.db.transaction(async (trx) => {
    const owner = await takePasswordLink(trx, link.id, link.secretHash, deps.clock.now());
    const user = owner === undefined ? undefined : await findUser(trx, owner);
    if (!user) throw dead();
    demandGoodPassword(password, user.email);
    await setPassword(trx, user.id, passwordHash);
    const ids = await revokeAllTokens(trx, user.id);
    await audit(trx, {
      id: deps.id(),
      event: "user.password-reset",
      userId: user.id,
      requestId,
      address,
      detail: { tokensRevoked: ids.length },
    });
    await tellPerson(trx, deps, user.email, "password-changed");
    return { change: await publishAccessChange(trx, { userId: user.id }), revoked: ids };
  });
  await applyAccessChange(deps, change, revoked);
};
