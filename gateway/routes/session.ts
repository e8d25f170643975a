// The operations that set and take away the session cookie: signing in by password, second factor, invite or local link,
// and signing out.
import type { Deps } from "../../shared/broker/deps.ts";
import { validate } from "../../shared/broker/validate.ts";
import { accounts } from "../../shared/contracts/accounts.ts";
import { fail } from "../../shared/contracts/errors.ts";
import { secondFactor } from "../../shared/contracts/second-factor.ts";
import { acceptInvite } from "../accounts/invites.ts";
import { beginSession, checkPassword, type LoginDeps, type Origin, type SignedIn, signOut } from "../accounts/login.ts";
import {
  type Asked,
  admitOrAsk,
  beginAtSignIn,
  finishAtSignIn,
  signInWithCode,
} from "../accounts/second-factor/sign-in.ts";
import { takeSignInLink } from "../accounts/sign-in-link.ts";
import { cookieName, readCookie, setCookie } from "../auth/cookies.ts";
import { csrfTokenOf } from "../auth/csrf.ts";
import { readJson } from "../body.ts";
import { type Exchange, sendJson } from "../exchange.ts";
import type { Handler } from "../operations.ts";
import { notFound } from "../problem.ts";
import type { GatewaySettings } from "../settings.ts";

const bodyLimit = 64 * 1024;
const { actions } = accounts;
const { actions: second } = secondFactor;

/** Where the request comes from. */
export const originOf = ({ req, address, requestId }: Exchange): Origin => ({
  userAgent: req.headers["user-agent"] ?? "",
  address,
  requestId,
});

const needCookie = (exchange: Exchange): string => {
  const name = cookieName(exchange);
  if (name) return name;
  throw fail(
    "HTTPS_REQUIRED",
    `Sessions need https, or this machine itself: the request came over plain http to "${exchange.host.slice(0, 100)}". Open the address with https; behind a proxy that ends TLS, set LC_TRUSTED_PROXIES to the number of proxies`,
  );
};

/** The handlers by their action. Each sign-in begins a session under a new id; the one the browser had, if any, ends. */
export const sessionHandlers = (
  deps: Deps,
  settings: GatewaySettings,
  parts: LoginDeps,
): Readonly<Record<string, Handler>> => {
  const enter = async (exchange: Exchange, name: string, signedIn: SignedIn, more: object = {}): Promise<void> => {
    const before = parts.sessions.open(readCookie(exchange, name) ?? "");
    if (before)
      await parts.sessions
        .end(before.sessionId, before.userId)
        .catch((error: unknown) => deps.log.warn(`an old session could not be ended: ${(error as Error).message}`));
    setCookie(exchange, name, signedIn.cookie, signedIn.seconds);
    const csrfToken = csrfTokenOf(settings.secretKeys, signedIn.session.id);
    sendJson(exchange, 200, { user: signedIn.user, csrfToken, ...more });
  };
  const enterOrAsk = async (exchange: Exchange, name: string, answer: SignedIn | Asked): Promise<void> => {
    if ("asked" in answer) sendJson(exchange, 200, answer.asked);
    else await enter(exchange, name, answer);
  };

  return {
    "accounts.login": async (exchange) => {
      const name = needCookie(exchange);
      const given = validate(actions.login.params, { ...(await readJson(exchange.req, bodyLimit)) }, "accounts.login");
      const origin = originOf(exchange);
      const user = await checkPassword(parts, { ...given, ...origin });
      await enterOrAsk(exchange, name, await admitOrAsk(parts, user, origin, "password"));
    },

    "secondFactor.signIn": async (exchange) => {
      const name = needCookie(exchange);
      const body = await readJson(exchange.req, bodyLimit);
      const { challenge, ...proof } = validate(second.signIn.params, { ...body }, "secondFactor.signIn");
      await enter(exchange, name, await signInWithCode(parts, challenge, proof, originOf(exchange)));
    },

    "secondFactor.beginAtSignIn": async (exchange) => {
      const body = await readJson(exchange.req, bodyLimit);
      const { challenge } = validate(second.beginAtSignIn.params, { ...body }, "secondFactor.beginAtSignIn");
      sendJson(exchange, 200, await beginAtSignIn(deps, parts, challenge));
    },

    "secondFactor.finishAtSignIn": async (exchange) => {
      const name = needCookie(exchange);
      const body = await readJson(exchange.req, bodyLimit);
      const { challenge, code } = validate(second.finishAtSignIn.params, { ...body }, "secondFactor.finishAtSignIn");
      const done = await finishAtSignIn(deps, parts, challenge, code, originOf(exchange));
      await enter(exchange, name, done.signedIn, { recoveryCodes: done.recoveryCodes });
    },

    "accounts.acceptInvite": async (exchange) => {
      const name = needCookie(exchange);
      const body = await readJson(exchange.req, bodyLimit);
      const given = validate(actions.acceptInvite.params, { ...body }, "accounts.acceptInvite");
      const origin = originOf(exchange);
      const user = await acceptInvite(deps, { ...given, ...origin });
      await enterOrAsk(exchange, name, await admitOrAsk(parts, user, origin, "invite"));
    },

    "accounts.useSignInLink": async (exchange) => {
      if (!settings.signInLink) throw notFound(exchange.path);
      const name = needCookie(exchange);
      const body = await readJson(exchange.req, bodyLimit);
      const { code } = validate(actions.useSignInLink.params, { ...body }, "accounts.useSignInLink");
      // No second step here: whoever reads this machine's terminal can read its keys and its database, too.
      const user = await takeSignInLink(deps, exchange, code);
      await enter(exchange, name, await beginSession(parts, user, originOf(exchange), "link"));
    },

    /** Ends the session of the cookie. With an access token there is none to end, and the answer is the same. */
    "accounts.logout": async (exchange) => {
      const { caller } = exchange;
      if (caller?.sessionId) await signOut(parts, { id: caller.sessionId, userId: caller.userId }, originOf(exchange));
      const name = cookieName(exchange);
      if (name) setCookie(exchange, name, "", 0);
      sendJson(exchange, 200, { ok: true });
    },
  };
};
