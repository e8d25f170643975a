// Back-pressure: what would add messages or jobs is refused with 503 and Retry-After while there is no room for it. What
// reads, and what relieves (pause, cancel, delete, sign in), stays open. Nothing is begun that cannot be finished.
import type { Deps } from "../shared/broker/deps.ts";
import { fail } from "../shared/contracts/errors.ts";
import { oldestEventSeconds, waitingEvents, waitingJobs } from "../shared/jobs/backlog.ts";
import { queuedMessages } from "../shared/messaging/backlog.ts";
import { soon } from "../shared/messaging/soon.ts";
import { createQuietLog } from "../shared/streams/quiet-log.ts";
import { redisMemory } from "../shared/streams/redis-memory.ts";

/** 0 switches a limit off. */
export interface PressureLimits {
  readonly jobs: number;
  readonly messages: number;
  readonly events: number;
}

export interface Pressure {
  /** Throws OVERLOADED, naming what is full, while work that adds to it is not taken. */
  demandRoom(): Promise<void>;
}

const freshMs = 1_000;
/** Looking costs at most a fiftieth of the time: counting a long line is not repeated each second. */
const costShare = 50;
/** A request waits for a look no longer than this, in ms; the one before decides then. */
const patienceMs = 1_000;
const retryAfter = 15;
/** Redis keeps the rest for sessions, limits and what is under way. */
const redisShare = 0.9;
const stuckSeconds = 15 * 60;

const words = new Intl.NumberFormat("en");
const megabytes = (bytes: number) => `${words.format(Math.round(bytes / 1_048_576))} MB`;

/** A count against its limit, as a sentence; undefined when there is room. */
const line = async (what: string, variable: string, limit: number, count: (most: number) => Promise<number>) => {
  if (limit === 0 || (await count(limit)) < limit) return undefined;
  return `${words.format(limit)} ${what} wait already, which is the most (${variable})`;
};

const redisFull = async ({ redis }: Pick<Deps, "redis">): Promise<string | undefined> => {
  // Redis being away is said by whoever needs it.
  const memory = await soon(redis, () => redisMemory(redis)).catch(() => undefined);
  if (!memory || memory.share < redisShare) return undefined;
  return `Redis uses ${megabytes(memory.usedBytes)} of its ${megabytes(memory.maxBytes)} (maxmemory)`;
};

const eventsStuck = async ({ db }: Pick<Deps, "db">): Promise<string | undefined> => {
  const seconds = await oldestEventSeconds(db);
  return seconds < stuckSeconds
    ? undefined
    : `Events have waited for ${Math.round(seconds / 60)} minutes to be given out`;
};

/** Looks when it is asked, at most once a second. */
export const createPressure = (
  deps: Pick<Deps, "db" | "redis" | "clock" | "log">,
  limits: PressureLimits,
): Pressure => {
  const { db, clock, log } = deps;
  const quiet = createQuietLog(log, { part: "pressure" });
  let full: readonly string[] = [];
  let freshUntil = Number.NEGATIVE_INFINITY;
  let looking: Promise<void> | undefined;

  const look = async (): Promise<void> => {
    const begun = clock.monotonic();
    const found = await Promise.all([
      redisFull(deps),
      line("jobs", "LC_MAX_QUEUED_JOBS", limits.jobs, (most) => waitingJobs(db, most)),
      line("messages", "LC_MAX_QUEUED_MESSAGES", limits.messages, (most) => queuedMessages(db, most)),
      line("events", "LC_MAX_QUEUED_EVENTS", limits.events, (most) => waitingEvents(db, most)),
      eventsStuck(deps),
    ]);
    const now = found.filter((one) => one !== undefined);
    if (now.length > 0 !== full.length > 0)
      log.warn({ full: now }, now.length > 0 ? "New work is refused: there is no room" : "New work is taken again");
    full = now;
    quiet.recovered("Looking for room");
    freshUntil = clock.monotonic() + Math.max(freshMs, (clock.monotonic() - begun) * costShare);
  };

  const refresh = (): Promise<void> => {
    looking ??= look()
      // Postgres being away is said by the action itself; what was known stays known.
      .catch((error: unknown) => quiet.failing("Looking for room", error))
      .finally(() => {
        looking = undefined;
      });
    return looking;
  };

  return {
    async demandRoom() {
      if (clock.monotonic() >= freshUntil) {
        let timer: NodeJS.Timeout | undefined;
        const late = new Promise<void>((resolve) => {
          timer = setTimeout(resolve, patienceMs);
        });
        await Promise.race([refresh(), late]);
        clearTimeout(timer);
      }
      if (full.length > 0)
        throw fail("OVERLOADED", `${full.join(". ")}. Nothing was started; try again when less waits.`, { retryAfter });
    },
  };
};
