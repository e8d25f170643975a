// Readers and brokers on real Redis for the tests of shared/streams: short leases, and a log that can be counted.
import type { Redis } from "ioredis";
import { ServiceBroker, type ServiceSchema } from "moleculer";
import { onTestFinished } from "vitest";
import { channelsMiddleware, StreamsAdapter, type StreamsAdapterOptions } from "../../shared/streams/adapter.ts";
import { connectRedis } from "../../shared/streams/connections.ts";
import {
  createGroupReader,
  type GroupReader,
  type ReaderLimits,
  type ReceivedEvent,
  readerConnection,
} from "../../shared/streams/group-reader.ts";
import type { StreamLog } from "../../shared/streams/quiet-log.ts";

export interface CountedLog extends StreamLog {
  readonly lines: string[];
}

export const countedLog = (): CountedLog => {
  const lines: string[] = [];
  const write = (...args: unknown[]) => void lines.push(args.map((arg) => JSON.stringify(arg)).join(" "));
  return { lines, debug: () => undefined, info: write, warn: write, error: write };
};

export const shortLimits: Partial<ReaderLimits> = {
  leaseMs: 600,
  retryFirstMs: 10,
  retryCapMs: 50,
  maxAttempts: 3,
};

export interface TestReader {
  readonly reader: GroupReader;
  readonly log: CountedLog;
  readonly redis: Redis;
}

export interface TestReaderOptions {
  readonly group?: string;
  readonly consumer?: string;
  readonly limits?: Partial<ReaderLimits>;
  /** Handlers by event type. */
  readonly on?: Readonly<Record<string, (event: ReceivedEvent) => Promise<unknown>>>;
}

let made = 0;

/** A client that ends with the test. */
export const testRedis = (url: string, silentMs?: number): Redis => {
  const redis = connectRedis(url, "test", { log: countedLog(), ...(silentMs ? { silentMs } : {}) });
  onTestFinished(() => redis.disconnect());
  return redis;
};

/** A reader that ends with the test; it reads events at once when it has handlers. */
export const testReader = (url: string, options: TestReaderOptions = {}): TestReader => {
  const log = countedLog();
  const redis = connectRedis(url, "streams", { log });
  const group = options.group ?? "campaigns";
  const reader = createGroupReader({
    group,
    consumer: options.consumer ?? `consumer-${++made}`,
    redis,
    connect: () => connectRedis(url, `reader:${group}`, { log, redis: readerConnection }),
    limits: { ...shortLimits, ...options.limits },
    log,
  });
  onTestFinished(async () => {
    await reader.stop(100);
    redis.disconnect();
  });
  for (const [type, handle] of Object.entries(options.on ?? {})) reader.subscribe({ type, handle });
  if (options.on) reader.openEvents();
  return { reader, log, redis };
};

/** A broker without transporter whose channels run over the streams; stopped with the test. */
export const testBroker = async (
  services: readonly ServiceSchema[],
  settings: StreamsAdapterOptions,
): Promise<ServiceBroker> => {
  const adapter = new StreamsAdapter({ drainMs: 300, limits: shortLimits, ...settings });
  const broker = new ServiceBroker({
    nodeID: `node-${++made}`,
    logger: false,
    middlewares: [channelsMiddleware(adapter)],
    skipProcessEventRegistration: true,
  });
  for (const schema of services) broker.createService(schema);
  let stopped = false;
  const stop = broker.stop.bind(broker);
  broker.stop = async () => {
    if (stopped) return;
    stopped = true;
    await stop();
  };
  onTestFinished(() => broker.stop());
  await broker.start();
  return broker;
};

/** How many entries are given out in the group and not acknowledged. */
export const pendingOf = async (redis: Redis, stream: string, group = "campaigns"): Promise<number> =>
  Number((await redis.xpending(stream, group))[0]);
