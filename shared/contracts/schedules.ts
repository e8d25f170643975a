// Contracts of the schedules service: what the clock starts and when, what became of it, and people's changes to it.
import { z } from "zod";
import { action, clean, Id, Instant } from "./contract.ts";

const Outcome = z.enum(["fired", "overlapped", "missed", "by-hand"]);
const Slot = z.object({
  at: Instant,
  /**
   * `overlapped`: the job before was still live, and there was none for this slot. `missed`: nobody was there to fire it,
   * and it was not made up for. `by-hand`: somebody started it.
   */
  outcome: Outcome,
  /** How late it fired, in milliseconds; below zero where the process's clock was ahead. */
  driftMs: z.number().int().nullable(),
  /** The process that fired it. */
  node: z.string().nullable(),
  startedBy: Id.nullable(),
  /** Its job; the state is null when the job is no longer kept. */
  job: z.object({ id: Id, state: z.string().nullable() }).nullable(),
});

const Drift = z.object({ p50Ms: z.number(), p99Ms: z.number() }).nullable();
const settings = {
  /** Five fields: minute, hour, day of month, month, day of week. */
  cron: z.string(),
  /** IANA name of the zone in which the fields are read. */
  timezone: z.string(),
  /** `skip`: no new job while the one before is live. `allow`: a job per slot, whatever happens. */
  overlap: z.enum(["skip", "allow"]),
  /** What becomes of slots that nobody was there to fire: none of them, the last one, or all. */
  catchUp: z.enum(["skip", "one", "all"]),
};
const Schedule = z.object({
  name: z.string(),
  about: z.string(),
  job: z.string(),
  ...settings,
  paused: z.boolean(),
  /** When a person changed its settings; null: they are the code's own. */
  editedAt: Instant.nullable(),
  /** The code's own settings, to which a reset leads back. */
  own: z.object(settings),
  /** Null while it is paused. */
  nextAt: Instant.nullable(),
  last: Slot.nullable(),
  /** Of the slots that fired in the last 24 hours; null when none did. */
  drift: Drift,
  /** Slots that were missed in the last 24 hours and 7 days. */
  missed: z.object({ day: z.number().int(), week: z.number().int() }),
  /** False: no running process handles its jobs; they wait. */
  attended: z.boolean(),
});
const SlotTime = z.object({
  at: Instant,
  /** The same in the schedule's zone, with its offset: `2026-03-29T03:00:00+02:00`. */
  local: z.string(),
});
const ScheduleDetail = Schedule.extend({
  /** Also while it is paused: when it would fire. */
  next: z.array(SlotTime),
  /** The latest, newest first. */
  slots: z.array(Slot),
  /** Of the last 7 days. */
  weekDrift: Drift,
});
export type ScheduleView = z.input<typeof Schedule>;
export type ScheduleDetailView = z.input<typeof ScheduleDetail>;
export type SlotView = z.input<typeof Slot>;

const text = clean(z.string().trim().min(1).max(100));
const named = z.strictObject({ name: clean(z.string().trim().min(1).max(200)) });
const timing = { cron: text, timezone: text };

export const schedules = {
  group: "scheduler",
  actions: {
    list: action({
      summary: "Every schedule: when it fires next, how punctual it was, and what it missed",
      permission: "read",
      scope: "organisation",
      rest: { method: "GET", path: "/schedules" },
      params: z.strictObject({}),
      result: z.object({ data: z.array(Schedule) }),
    }),
    get: action({
      summary: "One schedule with its next 5 times and what became of its last 50",
      permission: "read",
      scope: "organisation",
      rest: { method: "GET", path: "/schedules/:name" },
      params: named,
      result: ScheduleDetail,
    }),
    preview: action({
      summary: "The next 5 times of a cron expression in a time zone, or what is wrong with them",
      permission: "read",
      scope: "organisation",
      rest: { method: "GET", path: "/schedule-times" },
      params: z.strictObject(timing),
      result: z.object({ next: z.array(SlotTime) }),
    }),
    update: action({
      summary: "Changes a schedule; what is left out stays. In force at once, in every process",
      permission: "admin",
      rest: { method: "PATCH", path: "/schedules/:name" },
      params: named.extend({
        cron: timing.cron.optional(),
        timezone: timing.timezone.optional(),
        overlap: settings.overlap.optional(),
        catchUp: settings.catchUp.optional(),
      }),
      result: ScheduleDetail,
    }),
    reset: action({
      summary: "Gives a schedule the code's own settings back",
      permission: "admin",
      rest: { method: "POST", path: "/schedules/:name/reset" },
      params: named,
      result: ScheduleDetail,
    }),
    pause: action({
      summary: "Pauses a schedule; what passes during the pause is not made up for. A job of it that runs goes on",
      permission: "admin",
      rest: { method: "POST", path: "/schedules/:name/pause" },
      params: named,
      result: ScheduleDetail,
    }),
    resume: action({
      summary: "Ends the pause of a schedule; it fires at its next time",
      permission: "admin",
      rest: { method: "POST", path: "/schedules/:name/resume" },
      params: named,
      result: ScheduleDetail,
    }),
    run: action({
      summary: "Starts the schedule's job now, once, also while it is paused; 409 while the one before is live",
      permission: "admin",
      rest: { method: "POST", path: "/schedules/:name/run", status: 202 },
      params: named,
      result: z.object({ jobId: Id }),
    }),
  },
  events: {},
  jobs: {},
} as const;
