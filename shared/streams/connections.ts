// Redis connections that outlive any outage: commands wait instead of failing, reconnecting goes on for ever with a
// capped backoff, and an outage is one line in the log however often the socket complains.
import { isIP } from "node:net";
import { Redis, type RedisOptions } from "ioredis";
import { authorityFor } from "../certificates.ts";
import { connectionTrouble } from "../lib/connection-trouble.ts";
import { cutWhenSilent } from "./answers.ts";
import { backoff } from "./backoff.ts";
import { type StreamLog, warningLog } from "./quiet-log.ts";

/** Delay in ms before reconnect attempt `attempt` (from 1). */
const reconnectDelay = (attempt: number): number => backoff(attempt, 50, 2_000);

/**
 * Options for ioredis 5 from a redis:// or rediss:// URL.
 * rediss:// checks the server's certificate and its name, by `authority` (PEM; LC_REDIS_CA's unless another is given) or by
 * Node's own. Throws when the URL or the authority cannot be read.
 */
export const redisOptions = (url: string, authority = authorityFor("LC_REDIS_CA")): RedisOptions => {
  const parsed = URL.parse(url);
  if (!parsed || !/^rediss?:$/.test(parsed.protocol))
    throw new Error("The Redis URL cannot be read: expected redis://host:port/database or rediss://…");
  const database = Number(parsed.pathname.slice(1) || "0");
  if (!Number.isInteger(database)) throw new Error("The Redis URL names a database that is not a number");
  const host = parsed.hostname.replace(/^\[|\]$/g, "") || "localhost";
  const tls = { ...(authority ? { ca: authority } : {}), ...(isIP(host) ? {} : { servername: host }) };
  return {
    host,
    port: Number(parsed.port || "6379"),
    ...(parsed.username ? { username: decodeURIComponent(parsed.username) } : {}),
    ...(parsed.password ? { password: decodeURIComponent(parsed.password) } : {}),
    ...(parsed.protocol === "rediss:" ? { tls } : {}),
    db: database,
    // 0 lets the resolver answer with IPv4 or IPv6: private networks of hosters are often IPv6 only.
    family: 0,
    maxRetriesPerRequest: null,
    retryStrategy: reconnectDelay,
    // After a failover the old primary answers READONLY: reconnect and send the command again.
    reconnectOnError: (error) => (error.message.startsWith("READONLY") ? 2 : false),
    keepAlive: 10_000,
    connectTimeout: 10_000,
  };
};

/** A server without TLS says nothing to the first bytes of a handshake: it waits for the rest of what it takes for a command. */
const sayTrouble = (error: unknown, url: string): string => {
  const words = connectionTrouble(error, "Redis");
  return url.startsWith("rediss:") && words === "connect ETIMEDOUT"
    ? "no answer to the TLS handshake; it may be away, or TLS is demanded and it does not speak it at this port: switch TLS on there, or change rediss:// in REDIS_URL"
    : words;
};

export interface ConnectOptions {
  readonly log?: StreamLog;
  /** Changes to the options that the URL gives. */
  readonly redis?: RedisOptions;
  /** How long Redis may be silent before the connection is made anew, in ms (default 10,000). */
  readonly silentMs?: number;
}

const troubles = new WeakMap<Redis, string>();

/** Why a client of connectRedis has no connection, in words; undefined while it has one, or nobody said why. */
export const troubleOf = (client: Redis): string | undefined => troubles.get(client);

/**
 * A client for `url`, connecting at once and for ever; `name` appears in CLIENT LIST and in the log.
 * Never emits an unhandled error. The caller ends it with `disconnect()` or `quit()`.
 */
export const connectRedis = (url: string, name: string, options: ConnectOptions = {}): Redis => {
  const log = options.log ?? warningLog;
  const client = new Redis({ ...redisOptions(url), connectionName: `lc:${name}`, ...options.redis });
  // Who does not want a command sent again blocks on its connection, and watches it itself.
  if (options.redis?.autoResendUnfulfilledCommands !== false) cutWhenSilent(client, options.silentMs);
  let away = false;
  const sayOnce = (error?: unknown) => {
    const trouble = error === undefined ? undefined : sayTrouble(error, url);
    if (trouble !== undefined) troubles.set(client, trouble);
    if (away) return;
    away = true;
    const fields = { connection: name, ...(trouble === undefined ? {} : { error: trouble }) };
    log.warn(fields, "Redis is away; trying to reconnect until it is back");
  };
  client.on("error", sayOnce);
  client.on("reconnecting", () => sayOnce());
  client.on("ready", () => {
    if (away) log.info({ connection: name }, "Redis is back");
    away = false;
    troubles.delete(client);
  });
  return client;
};
