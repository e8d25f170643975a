// Job entries on their way to the job layer: read as far as a lane has free slots, offered until Postgres has claimed
// them, then acknowledged and deleted. Redis holds no lease over a job that was claimed; Postgres does.
import { backoff, pauseFor, settledWithin } from "./backoff.ts";
import type { ReaderContext } from "./reader-context.ts";
import type { Arrival, ReadPlan, Source } from "./source.ts";
import { readJob } from "./stream-entry.ts";
import { type Lane, lanes } from "./stream-keys.ts";

export interface JobEntry {
  readonly stream: string;
  readonly entryId: string;
  readonly jobId: string;
  readonly type: string;
}

export interface JobConsumption {
  /** Streams per lane, from `streamKeys.jobs`. */
  readonly streams: Readonly<Record<Lane, readonly string[]>>;
  /**
   * Asked before each read, synchronously: how many more entries of this lane may come; 0 masks the lane until `wake`.
   * A blocked read may bring one entry per stream, so at times a lane gets up to its number of streams too many.
   */
  freeSlots(lane: Lane): number;
  /**
   * Resolves when the entries are claimed in Postgres, or found to be somebody else's: they are deleted then. Rejects
   * when that could not be decided: the same entries are offered again, with backoff.
   */
  onEntries(entries: JobEntry[]): Promise<void>;
}

export interface JobLanes extends Source {
  consume(consumption: JobConsumption): void;
  /** No further entries are read or offered anew; events go on. */
  pause(): void;
  resume(): void;
}

/** One claim statement of Postgres stays in the milliseconds up to here. */
const maxBatch = 500;

/** The job side of one group's reader. */
export const createJobLanes = (context: ReaderContext): JobLanes => {
  const { acks, quiet } = context;
  const stopping = new AbortController();
  const held = new Set<string>();
  const laneOf = new Map<string, Lane>();
  /** Batches per lane that are being offered: the lane is not read meanwhile, its free slots are not known. */
  const offering: Record<Lane, number> = { high: 0, normal: 0, low: 0 };
  const offers = new Set<Promise<void>>();
  let consumption: JobConsumption | undefined;
  let paused = false;

  const keyOf = (stream: string, id: string) => `${stream} ${id}`;
  const isOpen = () => consumption !== undefined && !paused && !stopping.signal.aborted;
  const free = (lane: Lane): number => {
    if (!consumption || !isOpen() || offering[lane] > 0) return 0;
    return Math.min(maxBatch, Math.max(0, Math.floor(consumption.freeSlots(lane))));
  };

  const letGo = (entries: readonly JobEntry[]) => {
    const byStream = Map.groupBy(entries, ({ stream }) => stream);
    for (const entry of entries) held.delete(keyOf(entry.stream, entry.entryId));
    for (const [stream, list] of byStream)
      context.release(
        stream,
        list.map(({ entryId }) => ({ id: entryId, attempt: 1 })),
      );
  };

  const offer = async (entries: JobEntry[], onEntries: JobConsumption["onEntries"]): Promise<void> => {
    for (let failures = 1; ; failures++) {
      try {
        await onEntries([...entries]);
        break;
      } catch (error) {
        if (stopping.signal.aborted) {
          letGo(entries);
          return;
        }
        quiet.failing("Claiming jobs", error);
        await pauseFor(backoff(failures, 100, 5_000), stopping.signal);
        if (stopping.signal.aborted) {
          letGo(entries);
          return;
        }
      }
    }
    quiet.recovered("Claiming jobs");
    for (const { stream, entryId } of entries) {
      acks.add(stream, entryId, true);
      held.delete(keyOf(stream, entryId));
    }
  };

  const begin = (entries: JobEntry[], onEntries: JobConsumption["onEntries"]) => {
    const touched = new Set(entries.flatMap(({ stream }) => laneOf.get(stream) ?? []));
    for (const lane of touched) offering[lane]++;
    const work = offer(entries, onEntries).finally(() => {
      for (const lane of touched) offering[lane]--;
      offers.delete(work);
      context.wake();
    });
    offers.add(work);
  };

  const take = ({ stream, entry: [entryId, fields], attempt }: Arrival): JobEntry[] => {
    if (held.has(keyOf(stream, entryId)) || acks.has(stream, entryId)) return [];
    if (!fields) {
      acks.add(stream, entryId, true);
      return [];
    }
    const read = readJob(fields);
    if (!read.ok) {
      void context.bury({ stream, entryId, attempts: attempt, error: read.error, remove: true, type: undefined });
      return [];
    }
    return [{ stream, entryId, ...read.value }];
  };

  return {
    consume(wanted) {
      consumption = wanted;
      for (const lane of lanes) for (const stream of wanted.streams[lane]) laneOf.set(stream, lane);
      context.changed();
    },
    pause() {
      paused = true;
      // A read that is blocked would still bring a job.
      context.changed();
    },
    resume() {
      paused = false;
      context.changed();
    },
    streams: () => [...laneOf.keys()],
    isOpen: (stream) => isOpen() && laneOf.has(stream),
    plan() {
      const plans: ReadPlan[] = [];
      for (const lane of lanes) {
        const streams = consumption?.streams[lane] ?? [];
        const slots = streams.length > 0 ? free(lane) : 0;
        if (slots > 0) plans.push({ streams, count: Math.max(1, Math.floor(slots / streams.length)) });
      }
      return plans;
    },
    accept(arrivals) {
      const entries = arrivals.flatMap(take);
      if (entries.length === 0) return;
      for (const { stream, entryId } of entries) held.add(keyOf(stream, entryId));
      // A read that was under way when the lanes closed: others get what it brought.
      if (!consumption || !isOpen()) letGo(entries);
      else begin(entries, consumption.onEntries);
    },
    holds: (stream, id) => held.has(keyOf(stream, id)) || acks.has(stream, id),
    room(stream) {
      const lane = laneOf.get(stream);
      return lane ? free(lane) : 0;
    },
    kept: () => [],
    lost: () => undefined,
    async stop(deadlineMs) {
      stopping.abort();
      await settledWithin(Promise.allSettled([...offers]), deadlineMs);
    },
  };
};
