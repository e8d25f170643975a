// Who runs next in one worker: slots per lane, jobs that were claimed and wait for one, and limits per type.
// `high` may use every slot and some are kept for it; `low` at most half of the rest, so it never holds up `normal`.
import { type Lane, lanes } from "../streams/stream-keys.ts";

/** The part of a claimed job that decides where it goes. */
export interface Slotted {
  readonly type: string;
  readonly lane: Lane;
}

export interface SlotOptions<J extends Slotted> {
  /** Runs at once in this worker. */
  readonly slots: number;
  /** Slots that only `high` may use. */
  readonly reserved: number;
  /** Runs of a type at once, when it has a limit. */
  readonly limitOf: (type: string) => number | undefined;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  readonly begin: (job: J) => void;
  /**
   * The job has to go back: no slot is in sight for it here. `crowd` is how many of its type went back because too many
   * of that type run; 0 when it only waited too long.
   */
  readonly giveBack: (job: J, crowd: number) => void;
}

/** Longest wait for a slot here, in ms; then the job goes back, since another process may be free. */
const longestWaitMs = 1_000;
/** Jobs of short types are claimed ahead, as many as this many ms of work, so that a claim covers more than one round. */
const aheadMs = 20;
const aheadAtMost = 1_000;

interface Waiting<J> {
  readonly job: J;
  readonly since: number;
}

/** Slots and waiting jobs of one worker. It starts nothing by itself: `take` and `ended` do. */
export const createSlots = <J extends Slotted>(options: SlotOptions<J>) => {
  const { slots, reserved, limitOf, now } = options;
  const waiting: Record<Lane, Waiting<J>[]> = { high: [], normal: [], low: [] };
  /** Jobs whose type runs as often as it may; they hold no place in the lane. */
  const crowded = new Map<string, Waiting<J>[]>();
  const wentBack = new Map<string, number>();
  const running: Record<Lane, number> = { high: 0, normal: 0, low: 0 };
  const runningOf = new Map<string, number>();
  /** Moving averages of what a run takes, in ms, for types with a limit. */
  const averageOf = new Map<string, number>();
  /** Moving average of what a run takes, in ms; assumes the worst at first. */
  let averageMs = aheadMs;

  const all = Math.max(1, slots);
  const shared = Math.max(1, all - reserved);
  const limits: Record<Lane, number> = { high: all, normal: shared, low: Math.max(1, Math.floor(shared / 2)) };
  /** What a lane competes with: `high` with everything, `normal` and `low` with each other. */
  const rivals: Record<Lane, readonly Lane[]> = { high: lanes, normal: ["normal", "low"], low: ["low"] };
  const runningIn = (lane: Lane) => rivals[lane].reduce((sum, rival) => sum + running[rival], 0);
  const waitingIn = (lane: Lane) => rivals[lane].reduce((sum, rival) => sum + waiting[rival].length, 0);
  const runningAll = () => running.high + running.normal + running.low;
  const fits = (lane: Lane) =>
    runningAll() < all && runningIn(lane) < limits[lane] && (lane === "high" || runningIn("normal") < shared);
  const limitFor = (type: string) => Math.max(1, limitOf(type) ?? Number.POSITIVE_INFINITY);
  /** As many of a limited type wait here as will run before they have waited too long. */
  const crowdFor = (type: string) => {
    const perRun = Math.max(averageOf.get(type) ?? longestWaitMs, 1);
    return Math.max(limitFor(type), Math.min(aheadAtMost, Math.floor((limitFor(type) * longestWaitMs) / perRun / 2)));
  };
  const hasRoom = (type: string) => (runningOf.get(type) ?? 0) < limitFor(type);

  const start = (job: J) => {
    running[job.lane]++;
    runningOf.set(job.type, (runningOf.get(job.type) ?? 0) + 1);
    options.begin(job);
  };

  const giveBackCrowded = (job: J) => {
    const crowd = (wentBack.get(job.type) ?? 0) + 1;
    wentBack.set(job.type, crowd);
    options.giveBack(job, crowd);
  };

  const place = (entry: Waiting<J>) => {
    if (hasRoom(entry.job.type)) {
      start(entry.job);
      return;
    }
    const queue = crowded.get(entry.job.type) ?? [];
    if (queue.length >= crowdFor(entry.job.type)) giveBackCrowded(entry.job);
    else queue.push(entry);
    if (queue.length > 0) crowded.set(entry.job.type, queue);
  };

  const fill = () => {
    for (const lane of lanes) {
      const queue = waiting[lane];
      let next = 0;
      for (; next < queue.length && fits(lane); next++) place(queue[next] as Waiting<J>);
      if (next > 0) queue.splice(0, next);
    }
  };

  const fillType = (type: string) => {
    const queue = crowded.get(type);
    while (queue && queue.length > 0 && hasRoom(type) && fits((queue[0] as Waiting<J>).job.lane))
      start((queue.shift() as Waiting<J>).job);
    if (queue?.length === 0) crowded.delete(type);
  };

  const queues = () => [...Object.values(waiting), ...crowded.values()];

  return {
    /** How many more jobs of this lane may be claimed now. */
    free(lane: Lane): number {
      const ahead = Math.min(aheadAtMost, Math.max(0, Math.floor((all * aheadMs) / Math.max(averageMs, 0.05)) - all));
      const own = limits[lane] + ahead - runningIn(lane) - waitingIn(lane);
      const total = all + ahead - runningAll() - waitingIn("high");
      return Math.max(0, Math.min(own, total));
    },
    /** Takes claimed jobs: starts what fits and keeps the rest waiting. */
    take(jobs: readonly J[]): void {
      const since = now();
      for (const job of jobs) waiting[job.lane].push({ job, since });
      fill();
    },
    /** A run ended after `tookMs`: its slot goes to the next. */
    ended(job: J, tookMs: number): void {
      running[job.lane]--;
      const left = (runningOf.get(job.type) ?? 1) - 1;
      if (left > 0) runningOf.set(job.type, left);
      else runningOf.delete(job.type);
      averageMs += (Math.min(tookMs, 10 * aheadMs) - averageMs) / 32;
      if (limitOf(job.type) !== undefined) {
        const average = averageOf.get(job.type) ?? tookMs;
        averageOf.set(job.type, average + (tookMs - average) / 8);
      }
      for (const type of crowded.keys()) fillType(type);
      fill();
    },
    /** Gives back what has waited too long; call it about twice a second. */
    tidy(): void {
      const limit = now() - longestWaitMs;
      const takeLate = (queue: Waiting<J>[]) => {
        const late = queue.filter(({ since }) => since < limit);
        if (late.length > 0) queue.splice(0, queue.length, ...queue.filter(({ since }) => since >= limit));
        return late;
      };
      for (const lane of lanes) {
        for (const { job } of takeLate(waiting[lane])) {
          // They are not as short as they were thought to be: nothing more is claimed ahead for now.
          averageMs = Math.max(averageMs, aheadMs);
          options.giveBack(job, 0);
        }
      }
      for (const queue of crowded.values()) for (const { job } of takeLate(queue)) giveBackCrowded(job);
      for (const [type, count] of wentBack) {
        // Forgets over some seconds, so that a crowd that is gone slows nobody down.
        if (count < 2) wentBack.delete(type);
        else wentBack.set(type, Math.floor(count * 0.95));
      }
    },
    /** Takes out everything that waits; nothing is started any more. */
    clear(): J[] {
      const jobs = queues().flatMap((queue) => queue.splice(0).map(({ job }) => job));
      crowded.clear();
      return jobs;
    },
    waiting: (): J[] => queues().flatMap((queue) => queue.map(({ job }) => job)),
    running: runningAll,
    total: all,
  };
};

export type Slots<J extends Slotted> = ReturnType<typeof createSlots<J>>;
