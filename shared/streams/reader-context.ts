// What the parts of one group's reader share: who it is, its limits, and the steps in Redis that are tried until they
// succeed. Nothing here blocks a caller: burying, releasing and recording run on their own and are awaited at the stop.
import type { Redis } from "ioredis";
import { type AckBuffer, createAckBuffer } from "./ack-buffer.ts";
import { backoff, pauseFor, settledWithin } from "./backoff.ts";
import { createQuietLog, type QuietLog, type StreamLog, warningLog } from "./quiet-log.ts";
import { type Burial, buryEntry, type KeptEntry, keepEntries, type Ownership, releaseEntries } from "./scripts.ts";
import { streamKeys } from "./stream-keys.ts";

export interface ReaderLimits {
  /** Events whose handlers may run at once (default 50; 1 runs them one after the other). */
  readonly maxInFlight: number;
  /** How long an entry belongs to a consumer that shows no sign of life, in ms (default 30,000; at least 100). */
  readonly leaseMs: number;
  /** Attempts of an event before it goes to the dead letters (default 10). */
  readonly maxAttempts: number;
  /** Wait after the first failure, in ms (default 1,000); doubles with each further one. */
  readonly retryFirstMs: number;
  /** Longest wait between attempts, in ms (default 60,000). */
  readonly retryCapMs: number;
  /** A consumer that has shown no sign of life for so long, in ms, and has nothing pending is removed (default an hour). */
  readonly forgetConsumerMs: number;
  /** Longest blocking read, in ms (default 5,000); only a bound on how late a dead connection is noticed. */
  readonly blockMs: number;
}

export const defaultLimits: ReaderLimits = {
  maxInFlight: 50,
  leaseMs: 30_000,
  maxAttempts: 10,
  retryFirstMs: 1_000,
  retryCapMs: 60_000,
  forgetConsumerMs: 3_600_000,
  blockMs: 5_000,
};

export interface BurialRequest extends Pick<Burial, "entryId" | "error" | "attempts" | "remove"> {
  readonly stream: string;
  readonly type: string | undefined;
}

export interface ReaderContext {
  readonly redis: Redis;
  readonly group: string;
  readonly consumer: string;
  readonly options: ReaderLimits;
  readonly acks: AckBuffer;
  readonly log: StreamLog;
  readonly quiet: QuietLog;
  /** Room became free: a read that leaves streams out is looked at anew. */
  wake(): void;
  /** Streams were added or closed: any blocked read is looked at anew. */
  changed(): void;
  place(stream: string): Ownership;
  /** Moves an entry to the dead letters, trying until it is done or the reader is closed. Never rejects. */
  bury(request: BurialRequest): Promise<void>;
  /** Lets other consumers have the entries at once. */
  release(stream: string, entries: readonly KeptEntry[]): void;
  /** Writes down the attempts of entries. */
  record(stream: string, entries: readonly KeptEntry[]): void;
  /** Waits for steps under way, at most `deadlineMs`, then gives up what is left. */
  close(deadlineMs: number): Promise<void>;
}

export interface ReaderContextOptions {
  readonly redis: Redis;
  readonly group: string;
  readonly consumer: string;
  readonly limits?: Partial<ReaderLimits>;
  readonly log?: StreamLog;
  readonly wake: () => void;
  readonly changed: () => void;
}

/** The shared parts for one reader; limits that are not given take their default. */
export const createReaderContext = (given: ReaderContextOptions): ReaderContext => {
  const { redis, group, consumer, wake, changed } = given;
  const options = { ...defaultLimits, ...given.limits };
  const log = given.log ?? warningLog;
  const quiet = createQuietLog(log, { group });
  const acks = createAckBuffer({ redis, group, quiet });
  const closing = new AbortController();
  const underWay = new Set<Promise<unknown>>();
  const place = (stream: string): Ownership => ({ stream, group, consumer });

  const follow = <T>(work: Promise<T>): Promise<T> => {
    underWay.add(work);
    const done = () => underWay.delete(work);
    work.then(done, done);
    return work;
  };

  const tryBury = async ({ stream, type, ...request }: BurialRequest): Promise<void> => {
    const burial = { ...request, deadStream: streamKeys.dead(group), at: new Date().toISOString() };
    for (let failures = 1; !closing.signal.aborted; failures++) {
      try {
        if (await buryEntry(redis, place(stream), burial))
          log.error({ group, stream, entry: request.entryId, type, error: request.error }, "Moved to the dead letters");
        quiet.recovered("Moving to the dead letters");
        return;
      } catch (error) {
        quiet.failing("Moving to the dead letters", error);
        await pauseFor(backoff(failures, 100, 5_000), closing.signal);
      }
    }
  };

  /** Once is enough: when it fails, the lease decides. */
  const bestEffort = (what: string, work: Promise<unknown>) => {
    follow(work).catch((error: unknown) => {
      if (!closing.signal.aborted) quiet.failing(what, error);
    });
  };

  return {
    redis,
    group,
    consumer,
    options,
    acks,
    log,
    quiet,
    wake,
    changed,
    place,
    bury: (request) => follow(tryBury(request)),
    release: (stream, entries) =>
      bestEffort("Handing entries over", releaseEntries(redis, place(stream), options.leaseMs, entries)),
    record: (stream, entries) => bestEffort("Recording attempts", keepEntries(redis, place(stream), entries)),
    async close(deadlineMs) {
      const until = performance.now() + deadlineMs;
      await acks.drain(deadlineMs);
      await settledWithin(Promise.allSettled([...underWay]), Math.max(50, until - performance.now()));
      closing.abort();
      acks.close();
    },
  };
};
