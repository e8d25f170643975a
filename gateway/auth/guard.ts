// The one place that decides whether a request may go on: who asks, how often, with which ability, and from which page.
// Costs one Redis round trip and, for a token used within the last seconds, no SQL.
import type { Caller } from "../../shared/broker/context.ts";
import type { Permission } from "../../shared/contracts/contract.ts";
import { fail } from "../../shared/contracts/errors.ts";
import type { Role } from "../../shared/contracts/role.ts";
import { type Exchange, isReading } from "../exchange.ts";
import type { RateLimit } from "../rate-limit.ts";
import type { GatewaySettings } from "../settings.ts";
import { abilitiesOf, demand } from "./abilities.ts";
import { addressKey } from "./address-key.ts";
import { cookieName, readCookie } from "./cookies.ts";
import { demandCsrfToken, demandOwnOrigin } from "./csrf.ts";
import type { Sessions } from "./sessions.ts";
import type { TokenCache } from "./token-cache.ts";

export interface Guard {
  /**
   * Sets exchange.caller. Throws NOT_SIGNED_IN or TOKEN_INVALID (401), ABILITY_MISSING or CSRF_FAILED (403),
   * RATE_LIMITED (429), SERVICE_UNAVAILABLE (503).
   */
  admit(exchange: Exchange, permission: Permission, roles?: readonly Role[]): Promise<void>;
  /** True while the caller of an answer that goes on and on may still have it. */
  stillAdmitted(exchange: Exchange): Promise<boolean>;
}

export interface GuardParts {
  readonly settings: GatewaySettings;
  readonly sessions: Sessions;
  readonly tokens: TokenCache;
  readonly limit: RateLimit;
}

const bearerOf = ({ req }: Exchange): string | undefined => {
  const header = req.headers.authorization;
  if (header === undefined) return undefined;
  const token = /^Bearer +(\S+)$/i.exec(header)?.[1];
  if (!token)
    throw fail("TOKEN_INVALID", "The Authorization header is not understood; send Authorization: Bearer lc_…");
  return token;
};

export const createGuard = ({ settings, sessions, tokens, limit }: GuardParts): Guard => {
  const byAddress = (exchange: Exchange) => limit.count(exchange, addressKey(exchange.address));

  const byToken = async (exchange: Exchange, text: string): Promise<Caller> => {
    let asked = false;
    const caller = await tokens.identify(text, () => {
      asked = true;
      // Whoever makes the database work without a known token is counted by address first.
      return byAddress(exchange);
    });
    if (!caller) {
      if (!asked) await byAddress(exchange);
      throw fail("TOKEN_INVALID", "The access token is unknown, revoked or expired; make a new one under Settings");
    }
    await limit.count(exchange, `token:${caller.tokenId}`);
    return caller;
  };

  const bySession = async (exchange: Exchange): Promise<Caller | undefined> => {
    const name = cookieName(exchange);
    const cookie = name === undefined ? undefined : readCookie(exchange, name);
    const opened = cookie === undefined ? undefined : sessions.open(cookie);
    if (!opened) {
      await byAddress(exchange);
      return undefined;
    }
    // Both at once: one round trip. The cookie is signed, so the counter cannot be flooded with made-up people.
    const [session] = await Promise.all([
      sessions.read(opened.sessionId),
      limit.count(exchange, `user:${opened.userId}`),
    ]);
    if (!session) return undefined;
    return {
      userId: session.userId,
      email: session.email,
      role: session.role,
      abilities: abilitiesOf(session.role),
      ...(session.communities ? { communities: session.communities } : {}),
      sessionId: session.id,
    };
  };

  return {
    async admit(exchange, permission, roles) {
      if (permission === "none") {
        await byAddress(exchange);
        if (!isReading(exchange.req.method)) demandOwnOrigin(exchange, settings);
        return;
      }
      const bearer = bearerOf(exchange);
      exchange.caller = bearer === undefined ? await bySession(exchange) : await byToken(exchange, bearer);
      if (exchange.caller?.sessionId && !isReading(exchange.req.method))
        demandCsrfToken(exchange, settings, exchange.caller.sessionId);
      demand(permission, exchange.caller, roles);
    },

    async stillAdmitted(exchange) {
      const bearer = bearerOf(exchange);
      if (bearer !== undefined) {
        const caller = await tokens.identify(bearer, async () => undefined);
        // What somebody follows was decided by what they saw then; with another limit they come back and are asked anew.
        return caller !== undefined && String(caller.communities) === String(exchange.caller?.communities);
      }
      const sessionId = exchange.caller?.sessionId;
      return sessionId !== undefined && (await sessions.read(sessionId)) !== undefined;
    },
  };
};
