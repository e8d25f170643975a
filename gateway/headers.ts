// Headers of every answer: helmet's set with a strict content policy, computed once, and CORS by exact comparison.
import type { IncomingMessage, ServerResponse } from "node:http";
import helmet from "helmet";
import type { Exchange } from "./exchange.ts";
import type { GatewaySettings } from "./settings.ts";

const protect = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'self'"],
      scriptSrc: ["'self'"],
      scriptSrcAttr: ["'none'"],
      // The component kit sets its colours as inline styles; mail previews carry their own. Scripts never are inline.
      styleSrc: ["'self'", "'unsafe-inline'"],
      // Mail previews show pictures from anywhere; a picture cannot act.
      imgSrc: ["'self'", "data:", "blob:", "https:", "http:"],
      fontSrc: ["'self'", "data:"],
      connectSrc: ["'self'"],
      frameSrc: ["'self'", "blob:"],
      objectSrc: ["'none'"],
      baseUri: ["'none'"],
      formAction: ["'self'"],
      frameAncestors: ["'none'"],
    },
  },
  // Only over TLS, see below: on plain loopback it would lock the developer out.
  strictTransportSecurity: false,
  referrerPolicy: { policy: "same-origin" },
  crossOriginResourcePolicy: { policy: "same-site" },
  xFrameOptions: { action: "deny" },
});

const securityHeaders = (): readonly (readonly [string, string])[] => {
  const headers = new Map<string, string>();
  const recorder = {
    setHeader: (name: string, value: string) => headers.set(name.toLowerCase(), value),
    removeHeader: (name: string) => headers.delete(name.toLowerCase()),
  };
  protect({} as IncomingMessage, recorder as unknown as ServerResponse, (error?: unknown) => {
    if (error) throw error;
  });
  return [...headers];
};

/** Name (in lower case) and value of the headers that protect every answer, over plain http too. */
export const standingHeaders: readonly (readonly [string, string])[] = securityHeaders();

/** Sent over TLS only: for a year, nothing but TLS. */
export const tlsHeader = ["strict-transport-security", "max-age=31536000; includeSubDomains"] as const;

const exposed =
  "X-Request-Id, Retry-After, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, ETag, Location, Content-Disposition";
const accepted = "Content-Type, Authorization, X-CSRF-Token, Idempotency-Key, If-Match, X-Request-Id, Last-Event-ID";

/** Sets the headers that every answer carries. */
export const setStandingHeaders = ({ res, requestId, secure }: Exchange): void => {
  res.setHeader("x-request-id", requestId);
  for (const [name, value] of standingHeaders) res.setHeader(name, value);
  if (secure) res.setHeader(...tlsHeader);
};

/** Lets a page of a permitted origin read the answer; for any other origin the answer carries no permission. */
export const setCorsHeaders = ({ req, res }: Exchange, settings: GatewaySettings): boolean => {
  res.setHeader("vary", "Origin");
  const origin = req.headers.origin;
  if (origin === undefined || !settings.origins.has(origin)) return false;
  res.setHeader("access-control-allow-origin", origin);
  res.setHeader("access-control-allow-credentials", "true");
  res.setHeader("access-control-expose-headers", exposed);
  return true;
};

/** Answers OPTIONS: the methods of this path, and for a permitted origin what its pages may send. */
export const answerOptions = ({ req, res }: Exchange, methods: readonly string[], permitted: boolean): void => {
  const allow = [...methods, "OPTIONS"].join(", ");
  res.setHeader("allow", allow);
  if (permitted && req.headers["access-control-request-method"]) {
    res.setHeader("access-control-allow-methods", allow);
    res.setHeader("access-control-allow-headers", accepted);
    res.setHeader("access-control-max-age", "600");
  }
  res.statusCode = 204;
  res.end();
};
