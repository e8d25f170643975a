// What the relay takes from Postgres to publish, and how it says what became of that. A row is marked before it is
// sent, in one statement: any number of relays share the work, and no transaction waits for Redis.
import type { Sql } from "../db/knex.ts";
import type { EventEntry } from "../streams/stream-entry.ts";
import { type Lane, lanes } from "../streams/stream-keys.ts";
import { isHeld } from "./holds.ts";
import { unsynced } from "./unsynced.ts";

export interface DueJob {
  readonly id: string;
  readonly type: string;
  readonly group: string;
  readonly queue: string;
  readonly lane: Lane;
}

export interface Outlook {
  readonly due: boolean;
  /** Milliseconds until the next job comes due after those that are; null when none waits. */
  readonly nextJobMs: number | null;
  readonly events: boolean;
  readonly expired: boolean;
  readonly parked: boolean;
  /** Names what is held; null when nothing is. */
  readonly holds: string | null;
}

const from = (lane: Lane) => `from jobs.jobs where lane = '${lane}' and published_at is null`;
// The front of the index: asked with `exists`, the planner reads the table from its start when many jobs wait for later.
const due = (lane: Lane) => `coalesce((select run_at <= now() ${from(lane)} order by run_at limit 1), false)`;
const next = (lane: Lane) => `(select run_at ${from(lane)} and run_at > now() order by run_at limit 1)`;

/** What there is to do, by some looks into the front of indexes. Throws when Postgres is away. */
export const lookAhead = async (db: Sql): Promise<Outlook> => {
  const { rows } = await db.raw<{ rows: Outlook[] }>(
    `select ${lanes.map(due).join(" or ")} as due,
       (extract(epoch from least(${lanes.map(next).join(", ")}) - clock_timestamp()) * 1000)::float8 as "nextJobMs",
       exists (select from jobs.outbox where published_at is null and (claimed_until is null or claimed_until < now())) as events,
       exists (select from jobs.jobs where state = 'running' and lease_until < now()) as expired,
       (select id from jobs.jobs where published_at = 'infinity' order by queue, type, id limit 1) is not null as parked,
       (select string_agg(kind || ' ' || name, ',' order by kind, name) from jobs.holds) as holds`,
  );
  return rows[0] ?? { due: false, nextJobMs: null, events: false, expired: false, parked: false, holds: null };
};

const dueIn = (lane: Lane) =>
  `select id from (select id from jobs.jobs where lane = '${lane}' and published_at is null and run_at <= now()
    order by run_at limit ? for update skip locked) ${lane}`;

// Each lane has its own share of a batch: a long line of one never hides another.
const takeJobsSql = `
  with due as (${dueIn("high")} union all ${dueIn("normal")} union all ${dueIn("low")})
  update jobs.jobs j set state = 'queued', published_at = case when ${isHeld("j")} then 'infinity' else clock_timestamp() end
  from due where j.id = due.id and ${unsynced}
  returning j.id, j.type, j.group_name as "group", j.queue, j.lane, j.published_at = 'infinity' as parked`;

/**
 * Marks due jobs of each lane as published, at most `limit` per lane, and returns them. Those that are held are parked
 * instead: `taken` counts them too, so that the caller knows whether to look again.
 */
export const takeDueJobs = async (
  db: Sql,
  limit: number,
): Promise<{ readonly jobs: readonly DueJob[]; readonly taken: number }> => {
  const { rows } = await db.raw<{ rows: (DueJob & { parked: boolean })[] }>(takeJobsSql, [limit, limit, limit]);
  return { jobs: rows.filter(({ parked }) => !parked), taken: rows.length };
};

/** Takes the mark back from jobs that could not be sent and that nobody has claimed. */
export const untakeJobs = async (db: Sql, ids: readonly string[]): Promise<void> => {
  await db.raw("update jobs.jobs set published_at = null where id = any(?::uuid[]) and state = 'queued'", [[...ids]]);
};

interface EventRow {
  readonly id: string;
  readonly type: string;
  readonly payload: unknown;
  readonly headers: Record<string, string>;
  readonly created_at: Date;
  /** Of a replay: the id it had the first time, and the only group it is for. */
  readonly event_id: string | null;
  readonly only_group: string | null;
}

/** An event in a relay's hand: its row in the outbox, and what goes to Redis. */
export interface TakenEvent {
  readonly rowId: string;
  readonly entry: EventEntry;
}

/** Takes events into hand for `holdMs`, at most `limit`; until they are confirmed they count as unpublished. */
export const takeEvents = async (db: Sql, limit: number, holdMs: number): Promise<TakenEvent[]> => {
  const { rows } = await db.raw<{ rows: EventRow[] }>(
    `with due as (
       select id from jobs.outbox
       where published_at is null and (claimed_until is null or claimed_until < now())
       order by id limit ? for update skip locked
     )
     update jobs.outbox o set claimed_until = now() + ? * interval '1 millisecond'
     from due where o.id = due.id and ${unsynced}
     returning o.id, o.type, o.payload, o.headers, o.created_at, o.event_id, o.only_group`,
    [limit, holdMs],
  );
  return rows
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .map(({ id, type, payload, headers, created_at, event_id, only_group }) => ({
      rowId: id,
      entry: {
        id: event_id ?? id,
        type,
        data: payload,
        headers,
        at: created_at.toISOString(),
        ...(only_group === null ? {} : { only: only_group }),
      },
    }));
};

/** The events are in Redis. */
export const confirmEvents = async (db: Sql, ids: readonly string[]): Promise<void> => {
  await db.raw(
    `update jobs.outbox set published_at = now(), claimed_until = null where id = any(?::uuid[]) and ${unsynced}`,
    [[...ids]],
  );
};

/** The events may not be in Redis: they are sent again at once. */
export const untakeEvents = async (db: Sql, ids: readonly string[]): Promise<void> => {
  await db.raw("update jobs.outbox set claimed_until = null where id = any(?::uuid[]) and published_at is null", [
    [...ids],
  ]);
};
