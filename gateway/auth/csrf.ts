// Proof that a write with a session cookie comes from our own pages: a header bound to the session, and the browser's
// word on where the request was made. Requests with an access token need none: no browser adds one by itself.
import { fail } from "../../shared/contracts/errors.ts";
import { keyedHash, keyedHashFits } from "../../shared/lib/tokens.ts";
import type { Exchange } from "../exchange.ts";
import type { GatewaySettings } from "../settings.ts";

const purpose = "csrf";

/** The token that a session's pages send back as X-CSRF-Token. */
export const csrfTokenOf = (keys: readonly string[], sessionId: string): string => keyedHash(keys, purpose, sessionId);

/** Throws CSRF_FAILED when the browser says that a foreign page made the request. */
export const demandOwnOrigin = ({ req, secure, host }: Exchange, settings: GatewaySettings): void => {
  const origin = req.headers.origin;
  if (origin !== undefined) {
    const own = `${secure ? "https" : "http"}://${host}`;
    if (origin.toLowerCase() === own || settings.origins.has(origin)) return;
    throw fail(
      "CSRF_FAILED",
      `The request comes from a page of ${origin.slice(0, 100)}; only ${own} and the origins in LC_WEB_ORIGINS may do this`,
    );
  }
  const site = req.headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin" && site !== "none")
    throw fail(
      "CSRF_FAILED",
      `The request was made by a page of another site (Sec-Fetch-Site: ${String(site).slice(0, 20)})`,
    );
};

/** Throws CSRF_FAILED unless the request carries the session's token and comes from our own pages. */
export const demandCsrfToken = (exchange: Exchange, settings: GatewaySettings, sessionId: string): void => {
  demandOwnOrigin(exchange, settings);
  const given = exchange.req.headers["x-csrf-token"];
  if (typeof given !== "string" || given === "")
    throw fail(
      "CSRF_FAILED",
      "The header X-CSRF-Token is missing; send the csrfToken that GET /api/v1/auth/me answers",
    );
  if (!keyedHashFits(settings.secretKeys, purpose, sessionId, given))
    throw fail(
      "CSRF_FAILED",
      "The header X-CSRF-Token is not the one of this session; read it again from GET /api/v1/auth/me",
    );
};
