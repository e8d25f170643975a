// Adds the history up into minutes and hours. Run again it writes the same; killed, it goes on where it was; two at the
// same time wait for each other. What committed late is found by looking at the last two minutes once more.
import { type Db, query, type Trx } from "../db/knex.ts";

/** Minutes and hours are kept so long. */
export const keepMinutesDays = 2;
export const keepHoursDays = 90;

const origin = "'2000-01-01T00:00:00Z'::timestamptz";
/** SQL: the start of the stretch of `step` (an SQL interval) that a moment lies in, the same in every time zone. */
export const binOf = (step: string, at: string): string => `date_bin(${step}, ${at}, ${origin})`;

// A statement's rows count as ended when it began; it is given this long to commit before its minute is added up.
const lagSeconds = 5;
const againMinutes = 2;
/** Minutes per transaction, when there is much to catch up with. */
const chunkMinutes = 10;

const nextSql = `
  select rolled_until as "from", least(rolled_until + interval '${chunkMinutes} minutes',
    ${binOf("interval '1 minute'", `now() - interval '${lagSeconds} seconds'`)}) as until
  from jobs.rollup_progress for update`;

const minutesSql = `
  with ended as materialized (
    select ${binOf("interval '1 minute'", "finished_at")} as at, type, queue, state, attempts,
      case when state <> 'cancelled' then jobs.duration_bucket(extract(epoch from started_at - run_at)::float8 * 1000) end as wait,
      case when state <> 'cancelled' then jobs.duration_bucket(extract(epoch from finished_at - started_at)::float8 * 1000) end as run
    from jobs.history where finished_at >= :from and finished_at < :until
  ), waits as (
    select at, type, jsonb_object_agg(wait, n) as wait
    from (select at, type, wait, count(*) as n from ended where wait is not null group by 1, 2, 3) b group by 1, 2
  ), runs as (
    select at, type, jsonb_object_agg(run, n) as run
    from (select at, type, run, count(*) as n from ended where run is not null group by 1, 2, 3) b group by 1, 2
  )
  insert into jobs.metrics_rollups (grain, at, type, queue, completed, failed, cancelled, retried, wait, run)
  select 'minute', e.at, e.type, min(e.queue), count(*) filter (where e.state = 'completed'),
    count(*) filter (where e.state = 'failed'), count(*) filter (where e.state = 'cancelled'),
    coalesce(sum(e.attempts - 1) filter (where e.attempts > 1), 0),
    coalesce((array_agg(w.wait))[1], '{}'), coalesce((array_agg(r.run))[1], '{}')
  from ended e left join waits w using (at, type) left join runs r using (at, type)
  group by e.at, e.type`;

const hoursSql = `
  with minutes as materialized (
    select ${binOf("interval '1 hour'", "at")} as at, type, queue, completed, failed, cancelled, retried, wait, run
    from jobs.metrics_rollups
    where grain = 'minute' and at >= ${binOf("interval '1 hour'", "cast(:from as timestamptz)")}
      and ${binOf("interval '1 hour'", "at")} < :until
  ), waits as (
    select at, type, jsonb_object_agg(key, n) as wait from (
      select m.at, m.type, e.key, sum(e.value::int) as n from minutes m, jsonb_each_text(m.wait) e group by 1, 2, 3) b
    group by 1, 2
  ), runs as (
    select at, type, jsonb_object_agg(key, n) as run from (
      select m.at, m.type, e.key, sum(e.value::int) as n from minutes m, jsonb_each_text(m.run) e group by 1, 2, 3) b
    group by 1, 2
  )
  insert into jobs.metrics_rollups (grain, at, type, queue, completed, failed, cancelled, retried, wait, run)
  select 'hour', s.*, coalesce(w.wait, '{}'), coalesce(r.run, '{}')
  from (select at, type, min(queue) as queue, sum(completed), sum(failed), sum(cancelled), sum(retried)
        from minutes group by at, type) s
    left join waits w using (at, type) left join runs r using (at, type)`;

/** Adds up one stretch; returns the minutes that it covered anew, 0 when there was nothing to do yet. */
const rollChunk = async (trx: Trx): Promise<number> => {
  const [next] = await query<{ from: Date; until: Date }>(trx, nextSql);
  // Ahead of the clock, which was put back: what ended meanwhile would never be added up.
  if (next && next.until < next.from) await trx.raw("update jobs.rollup_progress set rolled_until = ?", [next.until]);
  if (!next || next.until <= next.from) return 0;
  const again = new Date(next.from.getTime() - againMinutes * 60_000);
  const stretch = { from: again, until: next.until };
  await trx.raw("delete from jobs.metrics_rollups where grain = 'minute' and at >= :from and at < :until", stretch);
  await trx.raw(minutesSql, stretch);
  await trx.raw(
    `delete from jobs.metrics_rollups where grain = 'hour' and at >= ${binOf("interval '1 hour'", "cast(:from as timestamptz)")} and at < :until`,
    stretch,
  );
  await trx.raw(hoursSql, stretch);
  await trx.raw("update jobs.rollup_progress set rolled_until = ?", [next.until]);
  return (next.until.getTime() - next.from.getTime()) / 60_000;
};

// What is new in the history is found by its BRIN index once that has summarised it. Autovacuum does so late under load,
// and the embedded Postgres has none: until then every look at the last minutes would read the whole day.
const summariseSql = `
  select count(brin_summarize_new_values(i.indexrelid))
  from pg_index i join pg_class x on x.oid = i.indexrelid join pg_am a on a.oid = x.relam
    join pg_class t on t.oid = i.indrelid
  where a.amname = 'brin' and t.relnamespace = 'jobs'::regnamespace and t.relname in ('history_default',
    to_char(now() at time zone 'UTC', '"history_"YYYY_MM_DD'),
    to_char(now() at time zone 'UTC' - interval '1 day', '"history_"YYYY_MM_DD'))`;

const summarise = (db: Db): Promise<void> =>
  db
    .transaction(async (trx) => {
      await trx.raw("set local lock_timeout = '1s'");
      await trx.raw(summariseSql);
    })
    .catch((error: unknown) => {
      // A vacuum of the partition is at it, and does the same on its way.
      if ((error as { code?: unknown } | null)?.code !== "55P03") throw error;
    });

/**
 * Adds up every minute that is over, a stretch per transaction, until all are or the signal is raised; then drops what
 * is too old. Returns how many minutes were added up. Throws when Postgres is away; what was committed stays.
 */
export const rollUp = async (db: Db, signal: AbortSignal): Promise<number> => {
  await summarise(db);
  let minutes = 0;
  for (let more = true; more && !signal.aborted; ) {
    const covered = await db.transaction((trx) => rollChunk(trx));
    minutes += covered;
    more = covered > 0;
  }
  if (!signal.aborted)
    await db.raw(
      `delete from jobs.metrics_rollups
       where (grain = 'minute' and at < now() - interval '${keepMinutesDays} days')
          or (grain = 'hour' and at < now() - interval '${keepHoursDays} days')`,
    );
  return minutes;
};
