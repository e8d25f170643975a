// Failed jobs by kind of failure: one line per fingerprint, with how many, since when, and the newest error. The window is
// one of days (partitions) and of the index of what did not complete, so that what completed is never read.
import { query, type Sql } from "../db/knex.ts";
import type { AttemptError } from "./retry-policy.ts";

export interface FailureWindow {
  /** Failed at or after, and before. */
  readonly from: Date;
  readonly until: Date;
  readonly queue?: string | undefined;
  readonly type?: string | undefined;
  readonly sort: "last" | "count";
  readonly limit: number;
}

export interface FailureGroup {
  readonly fingerprint: string;
  readonly type: string;
  readonly queue: string;
  readonly count: number;
  readonly firstAt: Date;
  readonly lastAt: Date;
  /** Failures in each of `slices` equal parts of the window, oldest first. */
  readonly counts: readonly number[];
  /** The newest of them, and what it failed with. */
  readonly jobId: string;
  readonly error: AttemptError | null;
}

/** Parts of the window whose failures are counted one by one. */
export const slices = 24;

/** The groups of a window, and how many there are in all. */
export const failureGroups = async (
  sql: Sql,
  { from, until, queue, type, sort, limit }: FailureWindow,
): Promise<{ groups: FailureGroup[]; total: number }> => {
  const rows = await query<FailureGroup & { total: number }>(
    sql,
    `with slice as (
       select fingerprint, type, queue,
         least(${slices}, width_bucket(extract(epoch from finished_at)::float8, ?::float8, ?::float8, ${slices})) as part,
         count(*)::int as n, min(finished_at) as first_at, max(finished_at) as last_at
       from jobs.history
       where state = 'failed' and fingerprint is not null and finished_at >= ? and finished_at < ?
         and (?::text is null or queue = ?::text) and (?::text is null or type = ?::text)
       group by 1, 2, 3, 4
     ), kind as (
       select fingerprint, type, queue, sum(n)::int as count, min(first_at) as first_at, max(last_at) as last_at,
         jsonb_object_agg(part, n) as parts, count(*) over ()::int as total
       from slice group by 1, 2, 3
       order by ${sort === "count" ? "4 desc, 6 desc" : "6 desc, 4 desc"}, 1 limit ?
     )
     select k.fingerprint, k.type, k.queue, k.count, k.first_at as "firstAt", k.last_at as "lastAt", k.total,
       array(select coalesce((k.parts ->> p::text)::int, 0) from generate_series(1, ${slices}) p) as counts,
       newest.id as "jobId", newest.error
     from kind k cross join lateral (
       select h.id, h.errors -> -1 as error from jobs.history h
       where h.fingerprint = k.fingerprint and h.state = 'failed' and h.finished_at = k.last_at order by h.id desc limit 1
     ) newest
     order by ${sort === "count" ? "k.count desc, k.last_at desc" : "k.last_at desc, k.count desc"}, k.fingerprint`,
    [
      ...[from.getTime() / 1000, until.getTime() / 1000, from, until],
      ...[queue ?? null, queue ?? null, type ?? null, type ?? null],
      limit,
    ],
  );
  return { groups: rows.map(({ total: _total, ...group }) => group), total: rows[0]?.total ?? 0 };
};
