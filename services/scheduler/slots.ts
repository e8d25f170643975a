// Which moments of a schedule are due, and what becomes of each: fired or missed. Pure. The cron library reads the
// expression on a clock that is never changed; what a change of the clocks does to a time is decided here:
// a time that is left out comes at the moment at which the clocks jump over it, together with others once; of a time that
// comes twice the first counts, except for schedules of every hour, which go on through both.
import { type CronExpression, CronExpressionParser } from "cron-parser";
import { instantsOf, offsetsAround } from "../../shared/lib/wall-time.ts";
import type { Schedule } from "./schedules.ts";

/** A slot that is fired at most so late is on time, in ms: an outage of seconds is no reason to leave one out. */
export const onTimeMs = 30_000;
/** More slots than this are never looked back at; the older ones are gone without a trace. */
const lookBackAtMost = 1_000;

export type Timing = Pick<Schedule, "cron" | "timezone">;

/** The wall times of an expression, from this one on: UTC stands for a clock that nobody changes. */
const wallTimes = (cron: string, from: number): CronExpression =>
  CronExpressionParser.parse(cron, { tz: "UTC", currentDate: new Date(from) });

/** The instants of a wall time; see above for what a change of the clocks makes of it. */
const instants = (walls: CronExpression, timezone: string, wall: number): readonly number[] => {
  const found = instantsOf(timezone, wall);
  return walls.fields.hour.values.length === 24 ? found : found.slice(0, 1);
};

/** The first slot after a moment. Throws when the expression or the zone cannot be read, or when none comes. */
export const nextSlot = ({ cron, timezone }: Timing, after: Date): Date => {
  const from = after.getTime();
  const walls = wallTimes(cron, from + offsetsAround(timezone, from).low);
  let best = Number.POSITIVE_INFINITY;
  for (;;) {
    const wall = walls.next().getTime();
    // From here on every wall time is a later instant, whatever the clocks do.
    if (best < Number.POSITIVE_INFINITY && wall > best + offsetsAround(timezone, best).high) return new Date(best);
    for (const at of instants(walls, timezone, wall)) if (at > from && at < best) best = at;
  }
};

/** The next so many slots after a moment, oldest first. Throws as `nextSlot` does. */
export const nextSlots = (timing: Timing, after: Date, count: number): Date[] => {
  const slots: Date[] = [];
  for (let last = after; slots.length < count; ) {
    last = nextSlot(timing, last);
    slots.push(last);
  }
  return slots;
};

/** What is wrong with a cron expression or its time zone, or undefined. */
export const refuseTiming = (timing: Timing): string | undefined => {
  try {
    nextSlot(timing, new Date(0));
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
};

/** Slots after `after` up to and including `upTo`, oldest first; of very many only the newest. */
export const dueSlots = ({ cron, timezone }: Timing, after: Date, upTo: Date): Date[] => {
  const [from, to] = [after.getTime(), upTo.getTime()];
  const oldest = from + offsetsAround(timezone, from).low;
  // The library looks strictly before its current date, in whole seconds.
  const walls = wallTimes(cron, to + offsetsAround(timezone, to).high + 1_000);
  const slots = new Set<number>();
  while (slots.size < lookBackAtMost) {
    const wall = walls.prev().getTime();
    if (wall <= oldest) break;
    for (const at of instants(walls, timezone, wall)) if (at > from && at <= to) slots.add(at);
  }
  return [...slots].sort((a, b) => a - b).map((at) => new Date(at));
};

export interface Decided {
  readonly at: Date;
  readonly fires: boolean;
}

/** Decides about due slots, oldest first: what is on time fires, and what was missed follows the policy. */
export const decideSlots = (slots: readonly Date[], now: Date, catchUp: Schedule["catchUp"]): Decided[] => {
  const isLate = (slot: Date) => now.getTime() - slot.getTime() > onTimeMs;
  return slots.map((at, index) => {
    const newest = index === slots.length - 1;
    const fires = catchUp === "all" || !isLate(at) || (catchUp === "one" && newest);
    return { at, fires };
  });
};
