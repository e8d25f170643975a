// Redis connections that outlive any outage: commands wait instead of failing, reconnecting goes on for ever with a
// capped backoff, and an outage is one line in the log however often the socket complains.
import { Redis, type RedisOptions } from "ioredis";
import { backoff } from "./backoff.ts";
import { messageOf, type StreamLog, warningLog } from "./quiet-log.ts";

/** Delay in ms before reconnect attempt `attempt` (from 1). */
const reconnectDelay = (attempt: number): number => backoff(attempt, 50, 2_000);

/**
 * Options for ioredis 5 from a redis:// or rediss:// URL; also what Moleculer's transporter and cacher need, as
 * `{ type: "Redis", options: redisOptions(url) }`: given the bare URL they end the process in an outage.
 * Throws when the URL cannot be read.
 */
export const redisOptions = (url: string): RedisOptions => {
  const parsed = URL.parse(url);
  if (!parsed || !/^rediss?:$/.test(parsed.protocol))
    throw new Error("The Redis URL cannot be read: expected redis://host:port/database or rediss://…");
  const database = Number(parsed.pathname.slice(1) || "0");
  if (!Number.isInteger(database)) throw new Error("The Redis URL names a database that is not a number");
  return {
    host: parsed.hostname.replace(/^\[|\]$/g, "") || "localhost",
    port: Number(parsed.port || "6379"),
    ...(parsed.username ? { username: decodeURIComponent(parsed.username) } : {}),
    ...(parsed.password ? { password: decodeURIComponent(parsed.password) } : {}),
    ...(parsed.protocol === "rediss:" ? { tls: {} } : {}),
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

export interface ConnectOptions {
  readonly log?: StreamLog;
  /** Changes to the options that the URL gives. */
  readonly redis?: RedisOptions;
}

/**
 * A client for `url`, connecting at once and for ever; `name` appears in CLIENT LIST and in the log.
 * Never emits an unhandled error. The caller ends it with `disconnect()` or `quit()`.
 */
export const connectRedis = (url: string, name: string, options: ConnectOptions = {}): Redis => {
  const log = options.log ?? warningLog;
  const client = new Redis({ ...redisOptions(url), connectionName: `lc:${name}`, ...options.redis });
  let away = false;
  const sayOnce = (error?: unknown) => {
    if (away) return;
    away = true;
    const fields = { connection: name, ...(error === undefined ? {} : { error: messageOf(error) }) };
    log.warn(fields, "Redis is away; trying to reconnect until it is back");
  };
  client.on("error", sayOnce);
  client.on("reconnecting", () => sayOnce());
  client.on("ready", () => {
    if (away) log.info({ connection: name }, "Redis is back");
    away = false;
  });
  return client;
};
