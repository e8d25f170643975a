// Headers of every answer: helmet's set, computed once, a content policy by what the answer is, and CORS by exact comparison.
import type { IncomingMessage, ServerResponse } from "node:http";
import helmet from "helmet";
import { nothingPolicy } from "../shared/broker/bare-headers.ts";
import type { Exchange } from "./exchange.ts";
import type { GatewaySettings } from "./settings.ts";

const protect = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'self'"],
      scriptSrc: ["'self'"],
      scriptSrcAttr: ["'none'"],
      // The component kit makes style elements while it runs, and a mail's preview, which inherits this policy, is made of
      // inline styles. Scripts never are inline.
      styleSrc: ["'self'", "'unsafe-inline'"],
      // Pictures of a mail, once somebody asks for them: the preview's own policy loads none before.
      imgSrc: ["'self'", "data:", "blob:", "https:"],
      fontSrc: ["'self'", "data:"],
      connectSrc: ["'self'"],
      frameSrc: ["'self'"],
      workerSrc: ["'self'"],
      manifestSrc: ["'self'"],
      mediaSrc: ["'self'"],
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

/** The gateway's own pages: no script, no inline style, forms only to ourselves. */
const pagePolicy =
  "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
const policies = {
  page: pagePolicy,
  /** With scripts of our own, which read this page again. */
  "page with scripts": `${pagePolicy}; script-src 'self'; connect-src 'self'`,
};

const securityHeaders = (): readonly (readonly [string, string])[] => {
  const headers = new Map<string, string>();
  const recorder = {
    setHeader: (name: string, value: string) => headers.set(name.toLowerCase(), value),
    removeHeader: (name: string) => headers.delete(name.toLowerCase()),
  };
  protect({} as IncomingMessage, recorder as unknown as ServerResponse, (error?: unknown) => {
    if (error) throw error;
  });
  // No screen asks for any of these.
  headers.set(
    "permissions-policy",
    ["camera", "display-capture", "geolocation", "microphone", "midi", "payment", "usb"]
      .map((name) => `${name}=()`)
      .join(", "),
  );
  return [...headers];
};

/** Name (in lower case) and value of the headers that protect the web app, over plain http too; what is no page gets a stricter content policy. */
export const standingHeaders: readonly (readonly [string, string])[] = securityHeaders();

/** Sent over TLS only: for a year, nothing but TLS. */
export const tlsHeader = ["strict-transport-security", "max-age=31536000; includeSubDomains"] as const;

const contentPolicy = "content-security-policy";
const appPolicy = new Map(standingHeaders).get(contentPolicy) ?? nothingPolicy;

const exposed =
  "X-Request-Id, Retry-After, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, ETag, Location, Content-Disposition";
const accepted = "Content-Type, Authorization, X-CSRF-Token, Idempotency-Key, If-Match, X-Request-Id, Last-Event-ID";

/** Sets the headers that every answer carries. Until one of the functions below says otherwise, it is no page. */
export const setStandingHeaders = ({ res, requestId, secure }: Exchange): void => {
  res.setHeader("x-request-id", requestId);
  for (const [name, value] of standingHeaders) res.setHeader(name, value);
  res.setHeader(contentPolicy, nothingPolicy);
  if (secure) res.setHeader(...tlsHeader);
};

/** The answer is the web app, or a file of it: it runs its own scripts and talks to this origin. */
export const asApp = ({ res }: Pick<Exchange, "res">): void => {
  res.setHeader(contentPolicy, appPolicy);
};

/** The answer is a page that the gateway makes. */
export const asPage = ({ res }: Exchange, kind: keyof typeof policies = "page"): void => {
  res.setHeader(contentPolicy, policies[kind]);
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
