// The upkeep jobs of the job layer and of what expires: each may run at any time, any number of times.

import { config } from "../../shared/config.ts";
import { pruneLetters } from "../../shared/jobs/dead-letters.ts";
import type { JobRun } from "../../shared/jobs/define.ts";
import { maintainHistory, pruneOutbox } from "../../shared/jobs/prune.ts";
import { redisMemory } from "../../shared/streams/redis-memory.ts";
import { type TrimmedStream, trimEvents } from "../../shared/streams/trim.ts";
import { deleteExpiredAccess, deleteOldSlots } from "./store.ts";

/** Days that finished jobs and settled dead letters can be looked at. */
const { historyDays: keepDays } = config;
/** Days that past slots of schedules can be looked at. */
const keepSlotsDays = 90;
/** Events stay this long after every group has read them: in the outbox against a lost Redis, in Redis for looking at. */
const keepEventsMs = 10 * 60_000;
const keepStreamsMs = 24 * 3_600_000;
const batch = 10_000;
/** Share of Redis's memory from which on read events go early. */
const fillingUp = 0.75;

const removedOf = (trimmed: readonly TrimmedStream[]): number => trimmed.reduce((sum, { removed }) => sum + removed, 0);

/** Deletes events that every group has read, and says who is behind. Makes room in a Redis that fills up. */
export const sweepOutbox = async ({ deps, log }: JobRun): Promise<void> => {
  const { share } = await redisMemory(deps.redis);
  if (share > fillingUp) {
    const trimmed = await trimEvents(deps.redis, { olderThanMs: keepEventsMs, now: deps.clock.now().getTime() });
    log(`Redis is ${Math.round(share * 100)}% full: ${removedOf(trimmed)} entries of read events were trimmed early`);
  }
  const { deleted, behind } = await pruneOutbox(deps.db, deps.redis, { keepMs: keepEventsMs });
  if (deleted > 0) log(`${deleted} events that everyone has read were deleted`);
  if (behind.length > 0) deps.log.warn({ families: behind }, "groups have events unread for over a day");
};

/** Makes the partitions of the coming days, drops old history, settled dead letters, slots and entries of event streams. */
export const pruneJobs = async ({ deps, log, signal }: JobRun): Promise<void> => {
  const { made, dropped } = await maintainHistory(deps.db, keepDays);
  log(`history: ${made.length} partitions made, ${dropped.length} dropped`);
  if (signal.aborted) return;
  const letters = await pruneLetters(deps.db, keepDays);
  if (letters > 0) log(`${letters} dead letters were deleted that had been replayed or dropped`);
  const slots = await deleteOldSlots(deps.db, keepSlotsDays);
  const trimmed = await trimEvents(deps.redis, { olderThanMs: keepStreamsMs, now: deps.clock.now().getTime() });
  log(`${slots} slots deleted, ${removedOf(trimmed)} stream entries trimmed`);
  for (const { stream, heldBackBy } of trimmed)
    if (heldBackBy) deps.log.warn({ stream, group: heldBackBy }, "a group has not read events for over a day");
};

/** Deletes expired idempotency keys and tokens, batch by batch. */
export const cleanTokens = async ({ deps, log, signal }: JobRun): Promise<void> => {
  let total = 0;
  for (let removed = batch; removed >= batch && !signal.aborted; ) {
    removed = await deleteExpiredAccess(deps.db, deps.clock.now(), batch);
    total += removed;
  }
  log(`${total} rows had expired`);
};
