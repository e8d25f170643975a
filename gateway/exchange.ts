// One request and its answer, as the gateway's own code sees them: where it comes from, who asks, and how to answer.
import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { isIP } from "node:net";
import type { Caller } from "../shared/broker/context.ts";
import type { GatewaySettings } from "./settings.ts";

export interface Exchange {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly requestId: string;
  /** Path without query, as sent. */
  readonly path: string;
  readonly query: Readonly<Record<string, string | string[]>>;
  /** Set once the route is known: the named parts of its path, decoded. */
  params: Readonly<Record<string, string>>;
  /** Set once the route is known: the pattern of its path. */
  route?: string;
  /** Set by the guard; absent where nobody needs to sign in. */
  caller: Caller | undefined;
  /** Set once the answer is known: the object that was made, for the audit log. */
  objectId?: string | undefined;
  /** Set when an earlier answer was given again: nothing was done. */
  replayed?: boolean;
  /** Set when the request only asked what would be done. */
  dryRun?: boolean;
  /** Address of the client: the connection's, or what our own proxies say. */
  readonly address: string;
  /** True when the client reached us, or our own proxy, over TLS. */
  readonly secure: boolean;
  /** Host as the client wrote it, in lower case; with port when it is not the usual one. */
  readonly host: string;
}

const saneId = /^[\w.:-]{8,100}$/;

const firstValue = (header: string | string[] | undefined): string =>
  Array.isArray(header) ? header.join(",") : (header ?? "");

/** The entry that the outermost of our `trusted` proxies wrote, counted from the right; what stands left of it may be forged. */
const forwarded = (header: string | string[] | undefined, trusted: number): string | undefined => {
  if (trusted === 0 || header === undefined) return undefined;
  const entries = firstValue(header)
    .split(",")
    .map((entry) => entry.trim())
    .filter(Boolean);
  return entries.at(-Math.min(trusted, entries.length)) || undefined;
};

/** The address in an entry of X-Forwarded-For, some of which carry a port; undefined when it is no address. */
const addressIn = (entry: string): string | undefined => {
  const bare = /^\[([^\]]+)\](?::\d+)?$/.exec(entry)?.[1] ?? /^([\d.]+):\d+$/.exec(entry)?.[1] ?? entry;
  return isIP(bare) > 0 ? bare : undefined;
};

const addressOf = (req: IncomingMessage, settings: GatewaySettings): string => {
  const told = addressIn(forwarded(req.headers["x-forwarded-for"], settings.trustedProxies) ?? "");
  return (told ?? req.socket.remoteAddress ?? "unknown").replace(/^::ffff:/i, "");
};

const isSecure = (req: IncomingMessage, settings: GatewaySettings): boolean => {
  if ((req.socket as { encrypted?: boolean }).encrypted) return true;
  return forwarded(req.headers["x-forwarded-proto"], settings.trustedProxies) === "https";
};

/** Query fields by name; one that is given twice is a list, which no contract takes. */
const readQuery = (text: string): Record<string, string | string[]> => {
  const query: Record<string, string | string[]> = Object.create(null) as Record<string, string | string[]>;
  for (const [name, value] of new URLSearchParams(text)) {
    const before = query[name];
    query[name] = before === undefined ? value : [...(Array.isArray(before) ? before : [before]), value];
  }
  return query;
};

/** Reads what every handler needs of a request. Never throws. */
export const openExchange = (req: IncomingMessage, res: ServerResponse, settings: GatewaySettings): Exchange => {
  const url = req.url ?? "/";
  const mark = url.indexOf("?");
  const given = req.headers["x-request-id"];
  return {
    req,
    res,
    requestId: typeof given === "string" && saneId.test(given) ? given : randomUUID(),
    path: mark === -1 ? url : url.slice(0, mark),
    query: mark === -1 ? {} : readQuery(url.slice(mark + 1)),
    params: {},
    caller: undefined,
    address: addressOf(req, settings),
    secure: isSecure(req, settings),
    host: (req.headers.host ?? "").toLowerCase(),
  };
};

/** True for methods that change nothing. */
export const isReading = (method: string | undefined): boolean =>
  method === "GET" || method === "HEAD" || method === "OPTIONS";

/** True when the request carries a body. */
export const hasBody = (req: IncomingMessage): boolean =>
  req.headers["transfer-encoding"] !== undefined ||
  (req.headers["content-length"] !== undefined && req.headers["content-length"] !== "0");

/** Sends JSON with the status; 204 goes without a body. */
export const sendJson = ({ res }: Exchange, status: number, value: unknown): void => {
  res.statusCode = status;
  if (status === 204) {
    res.end();
    return;
  }
  const body = JSON.stringify(value);
  res.setHeader("content-type", "application/json; charset=utf-8");
  res.setHeader("content-length", Buffer.byteLength(body));
  if (!res.hasHeader("cache-control")) res.setHeader("cache-control", "no-store");
  res.end(body);
};

/** Sends text of the given type with the status. */
export const sendText = ({ res }: Exchange, status: number, type: string, body: string): void => {
  res.statusCode = status;
  res.setHeader("content-type", type);
  res.setHeader("content-length", Buffer.byteLength(body));
  res.end(body);
};
