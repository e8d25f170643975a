// Schedules as people see them: settings, next times, what became of the last ones, how punctual they are.
import type { Deps } from "../../../shared/broker/deps.ts";
import { fail } from "../../../shared/contracts/errors.ts";
import type { ScheduleDetailView, ScheduleView, SlotView } from "../../../shared/contracts/schedules.ts";
import { searchJobs } from "../../../shared/jobs/search.ts";
import { nearestName } from "../../../shared/lib/nearest.ts";
import { isAttended } from "../attended.ts";
import { type Schedule, schedules } from "../schedules.ts";
import { nextSlot } from "../slots.ts";
import { listSchedules, type ScheduleRow } from "../store.ts";
import { driftSince, lastSlots, missedSince, newestSlots, type SlotRow } from "./store.ts";
import { upcoming } from "./timing.ts";

const dayMs = 86_400_000;
const shownSlots = 50;

const ago = (deps: Deps, ms: number) => new Date(deps.clock.now().getTime() - ms);

/** The code's own schedule of this name. Throws SCHEDULE_NOT_FOUND. */
export const ownSchedule = (name: string): Schedule => {
  const found = schedules.find((one) => one.name === name);
  if (found) return found;
  const near = nearestName(
    name,
    schedules.map((one) => one.name),
  );
  throw fail(
    "SCHEDULE_NOT_FOUND",
    `Found the schedule ${JSON.stringify(name)}, which is none of this version's${near ? `; did you mean ${near}?` : "; GET /schedules lists them."}`,
  );
};

const jobStates = async (deps: Deps, slots: readonly SlotRow[]): Promise<ReadonlyMap<string, string>> => {
  const ids = slots.flatMap(({ jobId }) => jobId ?? []);
  if (ids.length === 0) return new Map();
  const found = await searchJobs(deps.db, { ids }, { limit: ids.length });
  return new Map(found.map(({ id, state }) => [id, state]));
};

const slotView = (slot: SlotRow, states: ReadonlyMap<string, string>): SlotView => ({
  at: slot.at.toISOString(),
  outcome: slot.outcome,
  driftMs: slot.driftMs,
  node: slot.node,
  startedBy: slot.startedBy,
  job: slot.jobId === null ? null : { id: slot.jobId, state: states.get(slot.jobId) ?? null },
});

const settingsOf = ({ cron, timezone, overlap, catchUp }: Schedule) => ({ cron, timezone, overlap, catchUp });

/** What is the same in the list and in one schedule, for the schedules of these rows. */
const viewsOf = async (deps: Deps, rows: readonly ScheduleRow[]): Promise<ScheduleView[]> => {
  const now = deps.clock.now();
  const [last, drift, missed] = await Promise.all([
    lastSlots(deps.db),
    driftSince(
      deps.db,
      rows.map(({ name }) => name),
      ago(deps, dayMs),
    ),
    missedSince(deps.db, ago(deps, dayMs), ago(deps, 7 * dayMs)),
  ]);
  const states = await jobStates(deps, last);
  return rows.map((row) => {
    const own = ownSchedule(row.name);
    const slot = last.find(({ schedule }) => schedule === row.name);
    const late = drift.find(({ schedule }) => schedule === row.name);
    const lost = missed.find(({ schedule }) => schedule === row.name);
    return {
      name: row.name,
      about: own.about,
      job: own.job,
      cron: row.cron,
      timezone: row.timezone,
      overlap: row.overlap,
      catchUp: row.catchUp,
      paused: row.paused,
      editedAt: row.editedAt?.toISOString() ?? null,
      own: settingsOf(own),
      nextAt: row.paused ? null : nextSlot(row, now).toISOString(),
      last: slot ? slotView(slot, states) : null,
      drift: late ? { p50Ms: late.p50Ms, p99Ms: late.p99Ms } : null,
      missed: { day: lost?.day ?? 0, week: lost?.week ?? 0 },
      attended: isAttended(deps.broker, own.job),
    };
  });
};

/** Every schedule of this version, by name. */
export const showSchedules = async (deps: Deps): Promise<{ data: ScheduleView[] }> => {
  const known = new Set(schedules.map(({ name }) => name));
  const rows = (await listSchedules(deps.db)).filter(({ name }) => known.has(name));
  return { data: await viewsOf(deps, rows) };
};

/** One schedule with its next times and its latest slots. Throws SCHEDULE_NOT_FOUND. */
export const showSchedule = async (deps: Deps, name: string): Promise<ScheduleDetailView> => {
  ownSchedule(name);
  const row = (await listSchedules(deps.db)).find((one) => one.name === name);
  if (!row) throw notYetThere(name);
  const [[view], slots, [late]] = await Promise.all([
    viewsOf(deps, [row]),
    newestSlots(deps.db, name, shownSlots),
    driftSince(deps.db, [name], ago(deps, 7 * dayMs)),
  ]);
  if (!view) throw notYetThere(name);
  const states = await jobStates(deps, slots);
  return {
    ...view,
    next: upcoming(row, deps.clock.now()),
    slots: slots.map((slot) => slotView(slot, states)),
    weekDrift: late ? { p50Ms: late.p50Ms, p99Ms: late.p99Ms } : null,
  };
};

/** A process of an older version has just retired it; the clock brings it back within seconds. */
export const notYetThere = (name: string) =>
  fail("SERVICE_UNAVAILABLE", `The schedule ${name} is being brought into the database. Try again.`, { retryAfter: 5 });
