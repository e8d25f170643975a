// The adapter of @moleculer/channels: services keep `channels:` and `broker.sendToChannel`. At least once, in no order;
// handlers are idempotent by the event's id. Handlers get the event as second argument, with `signal` (also
// `ctx.locals.signal`): aborted when the process must end first. A publish either is in Redis or rejects.
import channels from "@moleculer/channels";
import type { Redis } from "ioredis";
import type { Middleware, ServiceBroker } from "moleculer";
import { pauseFor, settledWithin } from "./backoff.ts";
import { connectRedis } from "./connections.ts";
import {
  createGroupReader,
  type EventSubscription,
  type GroupReader,
  type ReceivedEvent,
  readerConnection,
} from "./group-reader.ts";
import { publishEvents } from "./publish.ts";
import type { ReaderLimits } from "./reader-context.ts";
import { type EventHeaders, maxEventBytes, newEvent } from "./stream-entry.ts";

const { Base } = channels.Adapters;
type Channel = Parameters<InstanceType<typeof Base>["subscribe"]>[0];

export interface StreamsAdapterOptions {
  readonly redisUrl: string;
  readonly limits?: Partial<ReaderLimits>;
  /** How long stopping waits for running handlers, in ms, before their signals are aborted (default 10,000). */
  readonly drainMs?: number;
  /** How long a publish may wait for Redis, in ms, before it rejects (default 10,000); it may still arrive later. */
  readonly publishTimeoutMs?: number;
}

export interface PublishOptions {
  /** Id of the event; a new one by default. Publish again with the same id after a failure. */
  readonly id?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64");

const fromBase64 = (text: string | undefined): Record<string, unknown> => {
  try {
    return text ? (JSON.parse(Buffer.from(text, "base64").toString()) as Record<string, unknown>) : {};
  } catch {
    return {};
  }
};

/** Of a sender's context only the request id and the trace travel: meta may name people. */
const headersOf = (given: Readonly<Record<string, string>> = {}): EventHeaders => {
  const meta = fromBase64(given.$meta);
  const pick = (...values: unknown[]) => values.find((value) => typeof value === "string" && value !== "");
  const requestId = pick(given.requestId, meta.requestId, given.$requestID);
  const traceparent = pick(given.traceparent, meta.traceparent);
  return { ...(requestId ? { requestId } : {}), ...(traceparent ? { traceparent } : {}) } as EventHeaders;
};

/** What the middleware makes the handler's context of: request id, minimal meta, and the event's own data as headers. */
const contextHeaders = ({ id, type, at, attempt, headers = {} }: ReceivedEvent): Record<string, string> => ({
  $requestID: headers.requestId ?? id,
  $parentID: id,
  $tracing: String(headers.traceparent?.endsWith("-01") ?? false),
  $level: "0",
  $meta: base64({ ...headers, requestId: headers.requestId ?? id }),
  $headers: base64({ id, type, at, attempt: String(attempt), ...headers }),
});

export class StreamsAdapter extends Base {
  readonly settings: StreamsAdapterOptions;
  #commands: Redis | undefined;
  #isOpen = false;
  #publishing = new Set<Promise<unknown>>();
  #readers = new Map<string, GroupReader>();
  #subscriptions = new Map<string, { reader: GroupReader; subscription: EventSubscription }>();

  constructor(settings: StreamsAdapterOptions) {
    super({});
    this.settings = settings;
  }

  /** Channels are named as their events are; the keys have their own prefix. */
  override addPrefixTopic(topicName: string): string {
    return topicName;
  }

  /** Opens the connection for commands; Redis may still be away. */
  override async connect(): Promise<void> {
    // The middleware registers channels over some microtasks and reads its list right after this.
    await pauseFor(0);
    if (this.connected) return;
    this.#commands = connectRedis(this.settings.redisUrl, "streams", { log: this.logger });
    this.connected = true;
  }

  /** Events are read from now on: when every service has started. */
  openEvents(): void {
    this.#isOpen = true;
    for (const { reader } of this.#subscriptions.values()) reader.openEvents();
  }

  /** This process's reader of a deployment group, for its jobs and events. Throws before `connect`. */
  groupReader(group: string): GroupReader {
    const known = this.#readers.get(group);
    if (known) return known;
    const redis = this.#commandsOrThrow();
    const { redisUrl, limits } = this.settings;
    const reader = createGroupReader({
      group,
      consumer: this.broker.nodeID,
      redis,
      connect: () => connectRedis(redisUrl, `reader:${group}`, { log: this.logger, redis: readerConnection }),
      log: this.logger,
      ...(limits ? { limits } : {}),
    });
    this.#readers.set(group, reader);
    return reader;
  }

  override async subscribe(chan: Channel): Promise<void> {
    const reader = this.groupReader(chan.group);
    const handler = chan.handler as (data: unknown, raw: unknown) => unknown;
    const subscription: EventSubscription = {
      type: chan.name,
      handle: async (event) => handler(event.data, { ...event, headers: contextHeaders(event) }),
    };
    reader.subscribe(subscription);
    this.#subscriptions.set(chan.id, { reader, subscription });
    if (this.#isOpen) reader.openEvents();
  }

  /** Waits for running handlers to the deadline, then aborts them; what was not handled goes to other processes. */
  override async unsubscribe(chan: Channel): Promise<void> {
    const known = this.#subscriptions.get(chan.id);
    if (!known) return;
    this.#subscriptions.delete(chan.id);
    await known.reader.unsubscribe(known.subscription, this.settings.drainMs ?? 10_000);
  }

  /** Resolves when Redis has the event. Rejects after `disconnect`, and when Redis did not answer in time. */
  override async publish(channelName: string, payload: unknown, opts: PublishOptions | null = {}): Promise<void> {
    const redis = this.#commandsOrThrow();
    const bytes = Buffer.byteLength(JSON.stringify(payload ?? null));
    if (bytes > maxEventBytes)
      throw new Error(
        `${channelName} was not published: it has ${bytes} bytes, and at most ${maxEventBytes} are taken`,
      );
    const event = newEvent(channelName, payload, headersOf(opts?.headers), opts?.id);
    const sending = publishEvents(redis, [event]);
    this.#publishing.add(sending);
    const limit = this.settings.publishTimeoutMs ?? 10_000;
    try {
      if (!(await settledWithin(sending, limit)))
        throw new Error(
          `${channelName} was not published: Redis did not answer within ${limit} ms. It may still arrive`,
        );
      await sending;
    } finally {
      this.#publishing.delete(sending);
    }
  }

  /** Stops the readers, lets publishes under way finish, and refuses further ones. */
  override async disconnect(): Promise<void> {
    const redis = this.#commands;
    if (!redis) return;
    const readers = [...this.#readers.values()];
    await Promise.all(readers.map((reader) => reader.stop(this.settings.drainMs ?? 10_000)));
    this.#commands = undefined;
    this.#readers.clear();
    await settledWithin(Promise.allSettled([...this.#publishing]), 2_000);
    // Whatever still waits for an answer rejects with this.
    redis.disconnect();
    this.connected = false;
    this.#isOpen = false;
  }

  #commandsOrThrow(): Redis {
    if (this.#commands) return this.#commands;
    throw new Error("The streams are not connected: publish after the broker is starting and before it has stopped");
  }
}

/** The adapter of a broker whose middlewares include `channelsMiddleware`. Throws where there is none. */
export const streamsAdapterOf = (broker: ServiceBroker): StreamsAdapter => {
  const { channelAdapter } = broker as ServiceBroker & { channelAdapter?: unknown };
  if (channelAdapter instanceof StreamsAdapter) return channelAdapter;
  throw new Error(
    "This broker has no streams adapter: add channelsMiddleware(new StreamsAdapter(…)) to its middlewares",
  );
};

/**
 * The channels middleware around an adapter. Connects and subscribes before any service starts, so that `started` may
 * publish, and reads events only when all have started, so that every handler is there.
 */
export const channelsMiddleware = (adapter: StreamsAdapter): Middleware => {
  const { started, ...hooks } = channels.Middleware({
    // An instance is passed through as it is; anything else would be deep-cloned.
    adapter: adapter as never,
    schemaProperty: "channels",
    sendMethodName: "sendToChannel",
    adapterPropertyName: "channelAdapter",
    channelHandlerTrigger: "emitLocalChannelHandler",
    context: false,
  });
  return {
    ...hooks,
    starting: () => started(),
    started: async () => adapter.openEvents(),
    localChannel(next: (message: unknown, raw: ReceivedEvent) => unknown, chan: Channel) {
      return (message: { locals?: Record<string, unknown> }, raw: ReceivedEvent) => {
        if (chan.context) message.locals = { ...message.locals, signal: raw.signal };
        return next(message, raw);
      };
    },
  } as unknown as Middleware;
};
