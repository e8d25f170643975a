// Ownership of entries in Redis: renewed while their handlers run, taken over when their consumer shows no sign of life
// for a lease. One jittered loop per reader, whatever the number of its streams.
import { pauseFor, settledWithin } from "./backoff.ts";
import { messageOf } from "./quiet-log.ts";
import type { ReaderContext } from "./reader-context.ts";
import { keepEntries, removeIdleConsumer } from "./scripts.ts";
import type { Arrival, Source } from "./source.ts";
import type { RawEntry } from "./stream-entry.ts";

export interface Leases {
  /** Takes up entries that are assigned to this consumer but that nobody here has seen: a reply lost with its connection. */
  adopt(reconnected: boolean): Promise<void>;
  start(): void;
  stop(): Promise<void>;
}

const pageSize = 100;

/** Streams that a lost Redis has not got back yet are no failure here: the reader makes their groups. */
const isGroupGone = (error: unknown) => messageOf(error).startsWith("NOGROUP");

/** The lease keeping of one reader; `start` begins its loop. */
export const createLeases = (context: ReaderContext, sources: readonly Source[]): Leases => {
  const { redis, group, consumer, options, quiet, log } = context;
  const stopping = new AbortController();
  let loop: Promise<void> | undefined;
  let claimNotBefore = 0;
  /** How long everybody has, after an outage, to renew what they hold before anybody takes it over. */
  const graceMs = (options.leaseMs * 3) / 4;
  const cleaningIntervalMs = options.forgetConsumerMs / 6;
  let cleanNotBefore = performance.now() + cleaningIntervalMs;

  /** XCLAIM with a least idle time: of several that try, Redis lets one win. */
  const take = async (
    source: Source,
    stream: string,
    found: [string, number][],
    leastIdleMs: number,
  ): Promise<number> => {
    const wanted = found.filter(([id]) => !source.holds(stream, id));
    if (wanted.length === 0) return 0;
    const attempts = new Map(wanted.map(([id, deliveries]) => [id, deliveries + 1]));
    const ids = [...attempts.keys()];
    const claimed = (await redis.xclaim(stream, group, consumer, leastIdleMs, ...ids)) as (RawEntry | null)[];
    const arrivals = claimed.flatMap((entry): Arrival[] =>
      entry ? [{ stream, entry, attempt: attempts.get(entry[0]) ?? 1 }] : [],
    );
    source.accept(arrivals);
    return arrivals.length;
  };

  const readPending = (reply: unknown): [string, number][] =>
    (reply as [string, string, number, number][]).map(([id, , , deliveries]) => [id, deliveries]);

  const claim = async (source: Source, stream: string): Promise<void> => {
    let total = 0;
    for (let from = "-"; source.isOpen(stream); ) {
      const room = Math.min(pageSize, source.room(stream));
      if (room <= 0) break;
      const found = readPending(await redis.xpending(stream, group, "IDLE", options.leaseMs, from, "+", room));
      // Asked before an outage and answered after it: leases ran out meanwhile that nobody could renew.
      if (performance.now() < claimNotBefore) break;
      total += await take(source, stream, found, options.leaseMs);
      const last = found.at(-1);
      if (!last || found.length < room) break;
      from = `(${last[0]}`;
    }
    if (total > 0) log.info({ group, stream, entries: total }, "Took over entries of a consumer that is gone");
  };

  const keep = async (source: Source): Promise<void> => {
    for (const [stream, entries] of Map.groupBy(source.kept(), (entry) => entry.stream)) {
      const lost = await keepEntries(redis, context.place(stream), entries);
      if (lost.length > 0) source.lost(stream, lost);
    }
  };

  /** Consumers of processes that are long gone, once nothing is pending for them. */
  const clean = async (stream: string): Promise<void> => {
    const consumers = (await redis.xinfo("CONSUMERS", stream, group)) as (string | number)[][];
    for (const info of consumers) {
      const field = (name: string) => info[info.indexOf(name) + 1];
      const name = String(field("name"));
      if (name === consumer || field("pending") !== 0 || Number(field("idle")) < options.forgetConsumerMs) continue;
      await removeIdleConsumer(redis, { stream, group, consumer: name });
    }
  };

  const forEachStream = async (work: (source: Source, stream: string) => Promise<void>): Promise<void> => {
    for (const source of sources)
      for (const stream of source.streams()) {
        if (stopping.signal.aborted) return;
        await work(source, stream).catch((error: unknown) => {
          if (!isGroupGone(error)) throw error;
        });
      }
  };

  const keepAll = async () => {
    for (const source of sources)
      await keep(source).catch((error: unknown) => {
        if (!isGroupGone(error)) throw error;
      });
  };

  const round = async () => {
    await keepAll();
    if (performance.now() >= claimNotBefore) await forEachStream(claim);
    if (performance.now() < cleanNotBefore) return;
    cleanNotBefore = performance.now() + cleaningIntervalMs;
    await forEachStream((_, stream) => clean(stream));
  };

  /** A half-open connection swallows commands for many minutes: cut it, and what it owed is sent again on a new one. */
  const unhung = async (work: Promise<void>) => {
    while (!(await settledWithin(work, Math.max(options.leaseMs / 2, 10_000))) && !stopping.signal.aborted)
      if (redis.status === "ready") redis.disconnect(true);
    await work;
  };

  const run = async () => {
    while (!stopping.signal.aborted) {
      // Two renewals may fail before a lease runs out; the jitter keeps replicas apart.
      await pauseFor((options.leaseMs / 3) * (0.7 + Math.random() * 0.3), stopping.signal);
      if (stopping.signal.aborted) return;
      try {
        await unhung(round());
        quiet.recovered("Keeping leases");
      } catch (error) {
        if (!stopping.signal.aborted) quiet.failing("Keeping leases", error);
      }
    }
  };

  const isAway = () => {
    claimNotBefore = Number.POSITIVE_INFINITY;
  };
  const isBack = () => {
    claimNotBefore = performance.now() + graceMs;
  };

  return {
    async adopt(reconnected) {
      if (reconnected) {
        // Leases ran on while Redis was away: everybody renews first, and claims only when all had the time to, also
        // those whose next attempt to connect comes late.
        claimNotBefore = Math.max(claimNotBefore, performance.now() + graceMs);
        await keepAll();
      }
      await forEachStream(async (source, stream) => {
        if (!source.isOpen(stream)) return;
        for (let from = "-"; ; ) {
          const found = readPending(await redis.xpending(stream, group, from, "+", pageSize, consumer));
          await take(source, stream, found, 0);
          const last = found.at(-1);
          if (!last || found.length < pageSize) return;
          from = `(${last[0]}`;
        }
      });
    },
    start() {
      if (loop) return;
      redis.on("close", isAway);
      redis.on("ready", isBack);
      loop = run();
    },
    async stop() {
      stopping.abort();
      redis.off("close", isAway);
      redis.off("ready", isBack);
      if (loop) await settledWithin(loop, 1_000);
    },
  };
};
