// POST /auth/login and /auth/logout: the two operations that set and take away the session cookie.
import type { Deps } from "../../shared/broker/deps.ts";
import { validate } from "../../shared/broker/validate.ts";
import { accounts } from "../../shared/contracts/accounts.ts";
import { fail } from "../../shared/contracts/errors.ts";
import { type LoginDeps, signIn, signOut } from "../accounts/login.ts";
import { cookieName, readCookie, setCookie } from "../auth/cookies.ts";
import { csrfTokenOf } from "../auth/csrf.ts";
import { readJson } from "../body.ts";
import { type Exchange, sendJson } from "../exchange.ts";
import type { GatewaySettings } from "../settings.ts";

const needCookie = (exchange: Exchange): string => {
  const name = cookieName(exchange);
  if (name) return name;
  throw fail(
    "HTTPS_REQUIRED",
    `Sessions need https, or this machine itself: the request came over plain http to "${exchange.host.slice(0, 100)}". Open the address with https; behind a proxy that ends TLS, set LC_TRUSTED_PROXIES to the number of proxies`,
  );
};

/** Begins a session under a new id; the one the browser had, if any, ends. */
export const login =
  (deps: Deps, settings: GatewaySettings, parts: LoginDeps) =>
  async (exchange: Exchange): Promise<void> => {
    const name = needCookie(exchange);
    const given = validate(
      accounts.actions.login.params,
      { ...(await readJson(exchange.req, 64 * 1024)) },
      "accounts.login",
    );
    const signedIn = await signIn(parts, { ...given, address: exchange.address, requestId: exchange.requestId });
    const before = parts.sessions.open(readCookie(exchange, name) ?? "");
    if (before)
      await parts.sessions
        .end(before.sessionId, before.userId)
        .catch((error: unknown) => deps.log.warn(`an old session could not be ended: ${(error as Error).message}`));
    setCookie(exchange, name, signedIn.cookie, signedIn.seconds);
    sendJson(exchange, 200, { user: signedIn.user, csrfToken: csrfTokenOf(settings.secretKeys, signedIn.session.id) });
  };

/** Ends the session of the cookie. With an access token there is none to end, and the answer is the same. */
export const logout =
  (parts: LoginDeps) =>
  async (exchange: Exchange): Promise<void> => {
    const { caller } = exchange;
    if (caller?.sessionId) await signOut(parts, { id: caller.sessionId, userId: caller.userId }, exchange.requestId);
    const name = cookieName(exchange);
    if (name) setCookie(exchange, name, "", 0);
    sendJson(exchange, 200, { ok: true });
  };
