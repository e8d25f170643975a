// One look at everything: reads, decides, and writes incidents, notices and their jobs in one transaction that holds the
// clock. Any number of replicas may try: one of them does it, and one that dies in the middle has done nothing.
import type { Deps } from "../../../shared/broker/deps.ts";
import type { Sql } from "../../../shared/db/knex.ts";
import { decide, flapWithinMs } from "./decide.ts";
import { dropIncidents, goingOn, type IncidentRow, recoveredSince, saveIncidents } from "./incidents/store.ts";
import { tellWhatChanged } from "./notices/tell.ts";
import { type Reading, type Readings, takeReadings } from "./readings/take-readings.ts";
import { advanceClock, isDue, type LastReading, listMonitors, type MonitorRow, readClock, takeClock } from "./store.ts";

/** Without an evaluation for so long nobody was watching, in ms: what was missed then is no fault of the schedule. */
const gapMs = 120_000;

const keyOf = (monitorId: string, subject: string) => `${monitorId} ${subject}`;

/** The readings that a rule is about; undefined when its kind could not be read. */
const ofRule = (rule: MonitorRow, readings: Readings): readonly Reading[] | undefined =>
  readings.get(rule.kind)?.filter(({ subject }) => rule.subject === null || rule.subject === subject);

const worst = (readings: readonly Reading[]): LastReading => {
  const { value, subject } = readings.reduce((most, one) => (one.value > most.value ? one : most), {
    subject: "",
    value: 0,
  });
  return { value, subject };
};

interface Changes {
  readonly saved: IncidentRow[];
  readonly dropped: string[];
  readonly readings: Record<string, LastReading>;
}

const decideAll = (
  rules: readonly MonitorRow[],
  readings: Readings,
  known: readonly IncidentRow[],
  flapsOf: ReadonlyMap<string, number>,
  now: Date,
  newId: () => string,
): Changes => {
  const changes: Changes = { saved: [], dropped: [], readings: {} };
  for (const rule of rules) {
    const read = ofRule(rule, readings);
    if (!read) continue;
    changes.readings[rule.id] = worst(read);
    const own = known.filter(({ monitorId }) => monitorId === rule.id);
    // What is not read any more is well: a queue that is empty, a type of which nothing failed.
    const gone = own.filter(({ subject }) => read.every((one) => one.subject !== subject));
    for (const { subject, value, detail } of [
      ...read,
      ...gone.map(({ subject }) => ({ subject, value: 0, detail: undefined })),
    ]) {
      const course = own.find((one) => one.subject === subject);
      const next = decide(rule, value, course, flapsOf.get(keyOf(rule.id, subject)) ?? 0, now);
      if (next)
        changes.saved.push({
          ...next,
          ...{ id: course?.id ?? newId(), monitorId: rule.id, subject, detail: detail ?? course?.detail ?? null },
        });
      else if (course) changes.dropped.push(course.id);
    }
  }
  return changes;
};

const watched = async (sql: Sql): Promise<readonly MonitorRow[]> =>
  (await listMonitors(sql)).filter(({ enabled }) => enabled);

/** True when this replica evaluated; false when it was not time, or another does it. Throws when Postgres is away. */
export const evaluate = async (deps: Deps, everyMs: number): Promise<boolean> => {
  if (!(await isDue(deps.db, everyMs))) return false;
  // Everything that may take long, before the clock is held.
  const [rules, seen] = await Promise.all([watched(deps.db), readClock(deps.db)]);
  const gap = seen.evaluatedAt === null || Math.abs(seen.now.getTime() - seen.evaluatedAt.getTime()) > gapMs;
  const watchingSince = gap ? seen.now : seen.watchingSince;
  const readings = await takeReadings(deps, new Set(rules.map(({ kind }) => kind)), watchingSince);
  return deps.db.transaction(async (trx) => {
    const clock = await takeClock(trx, everyMs);
    if (!clock) return false;
    const { now } = clock;
    const known = await goingOn(trx);
    const recent = await recoveredSince(trx, new Date(now.getTime() - flapWithinMs));
    const flapsOf = new Map(recent.map(({ monitorId, subject, flaps }) => [keyOf(monitorId, subject), flaps + 1]));
    // As they are now: whoever changed one since has held the clock, and what went on of it may have ended.
    const changes = decideAll(await watched(trx), readings, known, flapsOf, now, deps.id);
    await saveIncidents(trx, changes.saved);
    await dropIncidents(trx, changes.dropped);
    await tellWhatChanged(deps, trx);
    await advanceClock(trx, { now, watchingSince, node: deps.node }, changes.readings);
    return true;
  });
};
