// The stock Redis adapter of @moleculer/channels and ours behind one face, so that one scenario can run on both.
import channels from "@moleculer/channels";
import type { Redis } from "ioredis";
import { ServiceBroker, type ServiceSchema } from "moleculer";
import { channelsMiddleware, StreamsAdapter } from "../../shared/streams/adapter.ts";
import { redisOptions } from "../../shared/streams/connections.ts";
import { eventFields, newEvent } from "../../shared/streams/stream-entry.ts";

export type KitName = "stock" | "ours";

export interface KitLimits {
  readonly maxInFlight?: number;
  /** How long a message belongs to its consumer without a sign of life, in ms. */
  readonly leaseMs?: number;
  /** Tries before a message goes to the dead letters. */
  readonly tries?: number;
}

export interface Kit {
  readonly stream: string;
  readonly dead: string;
  /** A broker without transporter whose channels run over the adapter; not started. */
  broker(redisUrl: string, services: readonly ServiceSchema[], limits?: KitLimits): ServiceBroker;
  /** Adds messages `{ n }` as a publisher does. */
  add(redis: Redis, numbers: readonly number[]): Promise<void>;
  /** Adds a message whose payload is no JSON. */
  addBroken(redis: Redis): Promise<void>;
}

export const channel = "message.delivered";
export const group = "campaigns";

let made = 0;

const brokerWith = (services: readonly ServiceSchema[], middleware: object): ServiceBroker => {
  const broker = new ServiceBroker({
    nodeID: `kit-${process.pid}-${++made}`,
    logger: false,
    middlewares: [middleware as never],
    skipProcessEventRegistration: true,
  });
  for (const schema of services) broker.createService(schema);
  return broker;
};

const addAll = async (redis: Redis, stream: string, entries: readonly (readonly string[])[]): Promise<void> => {
  const pipeline = redis.pipeline();
  for (const fields of entries) pipeline.xadd(stream, "*", ...fields);
  await pipeline.exec();
};

const stock: Kit = {
  stream: channel,
  dead: "FAILED",
  broker(redisUrl, services, { maxInFlight = 10, leaseMs = 60_000, tries = 3 } = {}) {
    const consumerOptions = { startID: "0", minIdleTime: leaseMs, claimInterval: 50, processingAttemptsInterval: 50 };
    const options = {
      redis: { ...redisOptions(redisUrl), consumerOptions },
      maxInFlight,
      maxRetries: tries,
      deadLettering: { enabled: true, queueName: "FAILED" },
    };
    return brokerWith(services, channels.Middleware({ adapter: { type: "Redis", options } } as never));
  },
  add: (redis, numbers) =>
    addAll(
      redis,
      channel,
      numbers.map((n) => ["payload", JSON.stringify({ n })]),
    ),
  addBroken: (redis) => addAll(redis, channel, [["payload", "{broken"]]),
};

const ours: Kit = {
  stream: "lc:events:message",
  dead: `lc:dead:${group}`,
  broker(redisUrl, services, { maxInFlight = 10, leaseMs = 60_000, tries = 3 } = {}) {
    const limits = { maxInFlight, leaseMs, maxAttempts: tries, retryFirstMs: 10, retryCapMs: 50 };
    return brokerWith(services, channelsMiddleware(new StreamsAdapter({ redisUrl, drainMs: 200, limits })));
  },
  add: (redis, numbers) =>
    addAll(
      redis,
      "lc:events:message",
      numbers.map((n) => eventFields(newEvent(channel, { n }))),
    ),
  addBroken: (redis) =>
    addAll(redis, "lc:events:message", [["id", "1", "type", channel, "at", "now", "data", "{broken"]]),
};

export const kits: Readonly<Record<KitName, Kit>> = { stock, ours };

/** A service that listens to the channel in the group. */
export const listener = (handler: (data: { n: number }) => unknown): ServiceSchema => {
  const schema = { name: "listener", channels: { [channel]: { group, handler } } };
  return schema;
};
