// Passwords over HTTP: asking for a new one by mail, setting it, changing one's own, and giving it again as a proof, alone
// or with a code of the second factor. Tries are counted by the client's address.
import type { Deps } from "../../shared/broker/deps.ts";
import { validate } from "../../shared/broker/validate.ts";
import { accounts } from "../../shared/contracts/accounts.ts";
import { secondFactor } from "../../shared/contracts/second-factor.ts";
import { sessionOf } from "../accounts/actor.ts";
import { changePassword } from "../accounts/change-password.ts";
import type { ForgotThrottle } from "../accounts/forgot-throttle.ts";
import { askForPassword, setForgottenPassword } from "../accounts/forgotten-password.ts";
import { type LoginDeps, throttleKey } from "../accounts/login.ts";
import { demandOwnPassword } from "../accounts/own-password.ts";
import { renewRecoveryCodes, switchOff } from "../accounts/second-factor/own.ts";
import { readJson } from "../body.ts";
import { sendJson } from "../exchange.ts";
import type { Handler } from "../operations.ts";
import { withPostgres } from "../postgres-deadline.ts";
import { metaOf } from "./api.ts";
import { originOf } from "./session.ts";

const bodyLimit = 64 * 1024;
const { actions } = accounts;
const { actions: second } = secondFactor;

/** The handlers by their action. */
export const passwordHandlers = (
  deps: Deps,
  login: LoginDeps,
  throttle: ForgotThrottle,
): Readonly<Record<string, Handler>> => ({
  "accounts.forgotPassword": async (exchange) => {
    const body = await readJson(exchange.req, bodyLimit);
    const { email } = validate(actions.forgotPassword.params, { ...body }, "accounts.forgotPassword");
    // Too many for one account are dropped without a word: the answer tells nothing about an account.
    if (await throttle.admit(exchange.address, throttleKey(login.secretKeys, email)))
      await withPostgres(() => askForPassword(deps, { email, requestId: exchange.requestId }));
    sendJson(exchange, 202, { ok: true });
  },

  "accounts.resetPassword": async (exchange) => {
    const body = await readJson(exchange.req, bodyLimit);
    const given = validate(actions.resetPassword.params, { ...body }, "accounts.resetPassword");
    await setForgottenPassword(deps, { ...given, ...originOf(exchange) });
    sendJson(exchange, 200, { ok: true });
  },

  "accounts.changePassword": async (exchange) => {
    const { caller } = sessionOf(metaOf(exchange));
    const body = await readJson(exchange.req, bodyLimit);
    const given = validate(actions.changePassword.params, { ...body }, "accounts.changePassword");
    await changePassword(deps, login, caller, given, originOf(exchange));
    sendJson(exchange, 200, { ok: true });
  },

  "accounts.prove": async (exchange) => {
    const { caller, sessionId } = sessionOf(metaOf(exchange));
    const body = await readJson(exchange.req, bodyLimit);
    const { password } = validate(actions.prove.params, { ...body }, "accounts.prove");
    await demandOwnPassword(login, caller, { text: password, path: "password" }, originOf(exchange));
    await login.sessions.prove(sessionId);
    sendJson(exchange, 200, { ok: true });
  },

  "secondFactor.switchOff": async (exchange) => {
    const { caller } = sessionOf(metaOf(exchange));
    const body = await readJson(exchange.req, bodyLimit);
    const given = validate(second.switchOff.params, { ...body }, "secondFactor.switchOff");
    await switchOff(deps, login, caller, given, originOf(exchange));
    sendJson(exchange, 200, { ok: true });
  },

  "secondFactor.renewCodes": async (exchange) => {
    const { caller } = sessionOf(metaOf(exchange));
    const body = await readJson(exchange.req, bodyLimit);
    const given = validate(second.renewCodes.params, { ...body }, "secondFactor.renewCodes");
    sendJson(exchange, 200, {
      recoveryCodes: await renewRecoveryCodes(deps, login, caller, given, originOf(exchange)),
    });
  },
});
