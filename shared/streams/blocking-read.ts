// The one blocking reader of a group: takes what is there without waiting, then blocks over all open streams at once.
// A lost connection, a lost group (FLUSHALL) and Redis's absence end in a fresh start of the loop, never in its end.
import type { Redis } from "ioredis";
import { backoff, pauseFor, settledWithin } from "./backoff.ts";
import { messageOf } from "./quiet-log.ts";
import type { ReaderContext } from "./reader-context.ts";
import type { ReadPlan, Source } from "./source.ts";
import type { RawEntry } from "./stream-entry.ts";

type Reply = readonly (readonly [stream: string, entries: readonly RawEntry[]])[] | null;

export interface BlockingRead {
  /** See ReaderContext.wake. */
  wake(): void;
  /** See ReaderContext.changed. */
  changed(): void;
  /** Begins to read; further calls do nothing. */
  start(): void;
  /** Ends the loop; what a read under way still brings goes to its source. Resolves within about a second. */
  stop(): Promise<void>;
}

export interface BlockingReadOptions {
  readonly context: ReaderContext;
  readonly sources: readonly Source[];
  /** Opens the connection of its own that blocks; without offline queue and without resending. */
  readonly connect: () => Redis;
  /** Called when groups exist and the connection is new or streams changed: looks after entries read but never seen. */
  readonly adopt: (reconnected: boolean) => Promise<void>;
}

/** XREADGROUP on a stream or group that is not there, or went away while it was blocked. */
const isGroupGone = (error: unknown) => /^(NOGROUP|UNBLOCKED)\b/.test(messageOf(error));

const connectionLost = new Error("The connection to Redis was lost while reading");

/** A reader that has not begun yet. */
export const createBlockingRead = ({ context, sources, connect, adopt }: BlockingReadOptions): BlockingRead => {
  const { group, consumer, options, quiet, log } = context;
  const stopping = new AbortController();
  const made = new Set<string>();
  let client: Redis | undefined;
  let clientId: number | undefined;
  let generation = 0;
  let isNew = true;
  let isStale = true;
  let isMasked = false;
  let blocked: object | undefined;
  let idle: (() => void) | undefined;
  /** The blocked read that has to end; a later wake names a later read, also while the first is being ended. */
  let unwanted: object | undefined;
  let unblocking = false;
  let loop: Promise<void> | undefined;

  /** CLIENT UNBLOCK can arrive before the read it is meant for: repeated until that read has ended or was unblocked. */
  const unblock = async () => {
    if (unblocking) return;
    unblocking = true;
    try {
      while (unwanted && blocked === unwanted && clientId !== undefined) {
        const target = unwanted;
        if ((await context.redis.client("UNBLOCK", clientId)) !== 1) await pauseFor(1);
        else if (unwanted === target) break;
      }
    } catch (error) {
      if (!stopping.signal.aborted) quiet.failing("Waking the reader", error);
    } finally {
      unblocking = false;
    }
  };

  const interrupt = () => {
    generation++;
    idle?.();
    if (!blocked) return;
    unwanted = blocked;
    void unblock();
  };

  /** Rejects when the connection closes: ioredis leaves a command that it does not send again unsettled. */
  const whileConnected = async <T>(redis: Redis, work: Promise<T>, deadlineMs?: number): Promise<T> => {
    let clock: NodeJS.Timeout | undefined;
    let onClose: (() => void) | undefined;
    const lost = new Promise<never>((_, reject) => {
      onClose = () => reject(connectionLost);
      redis.once("close", onClose);
      if (deadlineMs === undefined) return;
      // A half-open connection says nothing for ever: end it.
      clock = setTimeout(() => redis.disconnect(true), deadlineMs);
    });
    try {
      return await Promise.race([work, lost]);
    } finally {
      clearTimeout(clock);
      if (onClose) redis.removeListener("close", onClose);
    }
  };

  const untilReady = async (redis: Redis) => {
    while (redis.status !== "ready" && !stopping.signal.aborted) {
      isNew = true;
      const ready = Promise.withResolvers<void>();
      const done = () => ready.resolve();
      redis.once("ready", done);
      stopping.signal.addEventListener("abort", done, { once: true });
      await ready.promise;
      redis.removeListener("ready", done);
      stopping.signal.removeEventListener("abort", done);
    }
  };

  const makeGroups = async (redis: Redis, streams: readonly string[]) => {
    if (streams.length === 0) return;
    const pipeline = redis.pipeline();
    // From 0, not $: what was published before the first consumer came is its work too.
    for (const stream of streams) pipeline.xgroup("CREATE", stream, group, "0", "MKSTREAM");
    const results = (await whileConnected(redis, pipeline.exec(), options.blockMs + 5_000)) ?? [];
    for (const [index, [error]] of results.entries()) {
      if (error && !error.message.startsWith("BUSYGROUP")) throw error;
      made.add(streams[index] as string);
    }
  };

  const prepare = async (redis: Redis) => {
    const reconnected = isNew;
    isStale = false;
    if (reconnected) {
      isNew = false;
      made.clear();
      clientId = await whileConnected(redis, redis.client("ID"), options.blockMs + 5_000);
    }
    const streams = sources.flatMap((source) => source.streams());
    await makeGroups(
      redis,
      streams.filter((stream) => !made.has(stream)),
    );
    await adopt(reconnected);
  };

  /** Gives what was read to its sources; true when there was something. */
  const deliver = (reply: Reply): boolean => {
    let any = false;
    for (const source of sources) {
      const own = new Set(source.streams());
      const arrivals = (reply ?? [])
        .filter(([stream]) => own.has(stream))
        .flatMap(([stream, entries]) => entries.map((entry) => ({ stream, entry, attempt: 1 })));
      if (arrivals.length === 0) continue;
      any = true;
      source.accept(arrivals);
    }
    return any;
  };

  const readNow = async (redis: Redis, plans: readonly ReadPlan[]): Promise<boolean> => {
    const pipeline = redis.pipeline();
    for (const { streams, count } of plans)
      pipeline.xreadgroup("GROUP", group, consumer, "COUNT", count, "STREAMS", ...streams, ...streams.map(() => ">"));
    const results = (await whileConnected(redis, pipeline.exec(), options.blockMs + 5_000)) ?? [];
    // Whatever arrived is delivered before a failure is looked at: it is assigned to this consumer already.
    const any = deliver(results.flatMap(([error, reply]) => (error ? [] : ((reply as Reply) ?? []))));
    for (const [error] of results) if (error) throw error;
    return any;
  };

  const readBlocking = async (redis: Redis, streams: readonly string[]) => {
    const token = {};
    blocked = token;
    const ends = streams.map(() => ">");
    const { blockMs } = options;
    const read = redis.xreadgroup(
      "GROUP",
      group,
      consumer,
      "COUNT",
      1,
      "BLOCK",
      blockMs,
      "STREAMS",
      ...streams,
      ...ends,
    );
    try {
      deliver((await whileConnected(redis, read, blockMs + 5_000)) as Reply);
    } finally {
      blocked = undefined;
    }
  };

  const step = async (redis: Redis) => {
    const seen = generation;
    const plans = sources.flatMap((source) => source.plan());
    if (plans.length > 0 && (await readNow(redis, plans))) return;
    if (generation !== seen || stopping.signal.aborted) return;
    const planned = plans.flatMap(({ streams }) => streams);
    if (planned.length > 0) {
      isMasked = planned.length < sources.reduce((sum, source) => sum + source.streams().length, 0);
      await readBlocking(redis, planned);
      return;
    }
    isMasked = true;
    const waited = new AbortController();
    idle = () => waited.abort();
    await pauseFor(options.blockMs, waited.signal);
    idle = undefined;
  };

  const complain = async (error: unknown, failures: number) => {
    if (stopping.signal.aborted || error === connectionLost) return;
    isStale = true;
    if (isGroupGone(error)) {
      made.clear();
      quiet.failing("Reading without a group", error, "The consumer group was gone and is made again");
      // The first time at once; a group that keeps vanishing must not turn into a busy loop.
      if (failures > 1) await pauseFor(backoff(failures, 50, 2_000), stopping.signal);
      return;
    }
    quiet.failing("Reading", error);
    await pauseFor(backoff(failures, 50, 2_000), stopping.signal);
  };

  const run = async (redis: Redis) => {
    let failures = 0;
    while (!stopping.signal.aborted) {
      try {
        await untilReady(redis);
        if (stopping.signal.aborted) return;
        if (isNew || isStale) {
          await prepare(redis);
          // Streams may have changed again meanwhile.
          continue;
        }
        await step(redis);
        failures = 0;
        quiet.recovered("Reading");
      } catch (error) {
        await complain(error, ++failures);
      }
    }
  };

  return {
    wake() {
      if (isMasked || !blocked) interrupt();
    },
    changed() {
      isStale = true;
      interrupt();
    },
    start() {
      if (loop || stopping.signal.aborted) return;
      client = connect();
      const markNew = () => {
        isNew = true;
      };
      client.on("close", markNew);
      loop = run(client).catch((error: unknown) => log.error({ group, error: messageOf(error) }, "The reader ended"));
    },
    async stop() {
      stopping.abort();
      interrupt();
      if (loop) await settledWithin(loop, 1_000);
      client?.disconnect();
    },
  };
};
