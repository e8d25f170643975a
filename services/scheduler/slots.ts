// Which moments of a schedule are due, and what becomes of each: fired or missed. Pure; the cron library does the reading.
import { CronExpressionParser } from "cron-parser";
import type { Schedule } from "./schedules.ts";

/** A slot that is fired at most so late is on time, in ms: an outage of seconds is no reason to leave one out. */
export const onTimeMs = 30_000;
/** More slots than this are never looked back at; the older ones are gone without a trace. */
const lookBackAtMost = 1_000;

type Timing = Pick<Schedule, "cron" | "timezone">;

const parse = ({ cron, timezone }: Timing, currentDate: Date) =>
  CronExpressionParser.parse(cron, { tz: timezone, currentDate });

/** What is wrong with a cron expression or its time zone, or undefined. */
export const refuseTiming = (timing: Timing): string | undefined => {
  try {
    parse(timing, new Date(0)).next();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
};

/** The first slot after a moment. */
export const nextSlot = (timing: Timing, after: Date): Date => parse(timing, after).next().toDate();

/** Slots after `after` up to and including `upTo`, oldest first; of very many only the newest. */
export const dueSlots = (timing: Timing, after: Date, upTo: Date): Date[] => {
  // The library looks strictly before its current date, in whole seconds.
  const expression = parse(timing, new Date(upTo.getTime() + 1_000));
  const slots: Date[] = [];
  while (slots.length < lookBackAtMost) {
    const slot = expression.prev().toDate();
    if (slot.getTime() <= after.getTime()) break;
    if (slot.getTime() <= upTo.getTime()) slots.push(slot);
  }
  return slots.reverse();
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
