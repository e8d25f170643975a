// Passwords over HTTP: asking for a new one by mail, setting it, and changing one's own. All are counted by the client's
// address, which actions behind the broker do not know.
import type { Deps } from "../../shared/broker/deps.ts";
import { validate } from "../../shared/broker/validate.ts";
import { accounts } from "../../shared/contracts/accounts.ts";
import { sessionOf } from "../accounts/actor.ts";
import { changePassword } from "../accounts/change-password.ts";
import type { ForgotThrottle } from "../accounts/forgot-throttle.ts";
import { askForPassword, setForgottenPassword } from "../accounts/forgotten-password.ts";
import { type LoginDeps, throttleKey } from "../accounts/login.ts";
import { readJson } from "../body.ts";
import { sendJson } from "../exchange.ts";
import type { Handler } from "../operations.ts";
import { withPostgres } from "../postgres-deadline.ts";
import { metaOf } from "./api.ts";
import { originOf } from "./session.ts";

const bodyLimit = 64 * 1024;
const { actions } = accounts;

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
});
