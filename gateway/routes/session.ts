// The operations that set and take away the session cookie: signing in by password, invite or local link, and signing out.
import type { Deps } from "../../shared/broker/deps.ts";
import { validate } from "../../shared/broker/validate.ts";
import { accounts } from "../../shared/contracts/accounts.ts";
import { fail } from "../../shared/contracts/errors.ts";
import { acceptInvite } from "../accounts/invites.ts";
import { beginSession, type LoginDeps, type Origin, type SignedIn, signIn, signOut } from "../accounts/login.ts";
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
  const enter = async (exchange: Exchange, name: string, signedIn: SignedIn): Promise<void> => {
    const before = parts.sessions.open(readCookie(exchange, name) ?? "");
    if (before)
      await parts.sessions
        .end(before.sessionId, before.userId)
        .catch((error: unknown) => deps.log.warn(`an old session could not be ended: ${(error as Error).message}`));
    setCookie(exchange, name, signedIn.cookie, signedIn.seconds);
    sendJson(exchange, 200, { user: signedIn.user, csrfToken: csrfTokenOf(settings.secretKeys, signedIn.session.id) });
  };

  return {
    "accounts.login": async (exchange) => {
      const name = needCookie(exchange);
      const given = validate(actions.login.params, { ...(await readJson(exchange.req, bodyLimit)) }, "accounts.login");
      await enter(exchange, name, await signIn(parts, { ...given, ...originOf(exchange) }));
    },

    "accounts.acceptInvite": async (exchange) => {
      const name = needCookie(exchange);
      const body = await readJson(exchange.req, bodyLimit);
      const given = validate(actions.acceptInvite.params, { ...body }, "accounts.acceptInvite");
      const origin = originOf(exchange);
      const user = await acceptInvite(deps, { ...given, ...origin });
      await enter(exchange, name, await beginSession(parts, user, origin, "invite"));
    },

    "accounts.useSignInLink": async (exchange) => {
      if (!settings.signInLink) throw notFound(exchange.path);
      const name = needCookie(exchange);
      const body = await readJson(exchange.req, bodyLimit);
      const { code } = validate(actions.useSignInLink.params, { ...body }, "accounts.useSignInLink");
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
