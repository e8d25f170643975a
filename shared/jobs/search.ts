// Looks jobs up, live ones and finished ones in one list, newest first by the time they were made (their ids).
import { query, type Sql } from "../db/knex.ts";
import type { AttemptError } from "./retry-policy.ts";

export type JobState = "scheduled" | "queued" | "running" | "completed" | "failed" | "cancelled";

export interface JobFilter {
  readonly states?: readonly JobState[] | undefined;
  readonly type?: string | undefined;
  readonly queue?: string | undefined;
  readonly group?: string | undefined;
  readonly tag?: string | undefined;
  /** What the job is about: `campaign:<id>`. */
  readonly entity?: string | undefined;
  /** Any of these. */
  readonly entities?: readonly string[] | undefined;
  readonly fingerprint?: string | undefined;
  readonly ids?: readonly string[] | undefined;
  /** Made at or after, and before. */
  readonly from?: Date | undefined;
  readonly until?: Date | undefined;
  /** Of finished jobs: ended before this moment. */
  readonly endedBefore?: Date | undefined;
}

export interface FoundJob {
  readonly id: string;
  readonly type: string;
  readonly group: string;
  readonly queue: string;
  readonly lane: "high" | "normal" | "low";
  readonly state: JobState;
  readonly input: unknown;
  readonly tags: readonly string[];
  readonly entity: string | null;
  readonly uniqueKey: string | null;
  readonly attempts: number;
  readonly maxAttempts: number | null;
  readonly errors: readonly AttemptError[];
  readonly fingerprint: string | null;
  readonly log: string | null;
  readonly worker: string | null;
  /** Where it was enqueued, where that was known: the request, and the W3C traceparent. */
  readonly requestId: string | null;
  readonly trace: string | null;
  readonly progress: number | null;
  readonly createdAt: Date;
  readonly runAt: Date;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
}

const common = `id, type, group_name as "group", queue, lane, state, input, coalesce(tags, '{}') as tags, entity,
  unique_key as "uniqueKey", attempts, max_attempts as "maxAttempts", errors, log, worker, progress,
  request_id as "requestId", trace,
  created_at as "createdAt", run_at as "runAt", started_at as "startedAt"`;
const live = `select ${common}, null::text as fingerprint, null::timestamptz as "finishedAt" from jobs.jobs`;
const finished = `select ${common}, fingerprint, finished_at as "finishedAt" from jobs.history`;

const liveStates: readonly JobState[] = ["scheduled", "queued", "running"];
/** The smallest id made at this moment: version 7 ids begin with their time in milliseconds. */
const idAt = (at: Date): string => {
  const hex = at.getTime().toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
};

interface Conditions {
  readonly sql: string;
  readonly bindings: readonly unknown[];
}
type Condition = readonly [sql: string, value: unknown];

const conditionsOf = (
  filter: JobFilter,
  states: readonly JobState[],
  before: string | undefined,
  more: readonly Condition[] = [],
): Conditions => {
  const parts: string[] = [];
  const bindings: unknown[] = [];
  const add = (sql: string, value: unknown) => {
    if (value === undefined) return;
    parts.push(sql);
    bindings.push(value);
  };
  add("state = any(?)", states.length < 3 ? [...states] : undefined);
  add("id = any(?::uuid[])", filter.ids && [...filter.ids]);
  add("type = ?", filter.type);
  add("queue = ?", filter.queue);
  add("group_name = ?", filter.group);
  add("tags @> array[?]", filter.tag);
  add("entity = ?", filter.entity);
  add("entity = any(?)", filter.entities && [...filter.entities]);
  add("id >= ?::uuid", filter.from && idAt(filter.from));
  add("id < ?::uuid", filter.until && idAt(filter.until));
  add("id < ?::uuid", before);
  for (const [sql, value] of more) add(sql, value);
  return { sql: parts.length > 0 ? `where ${parts.join(" and ")}` : "", bindings };
};

/** The parts of a filter that live jobs and finished jobs each have to meet; undefined where none can. */
const split = (filter: JobFilter, before: string | undefined) => {
  const states = filter.states ?? [];
  const wanted = (all: readonly JobState[]) => (states.length === 0 ? all : all.filter((s) => states.includes(s)));
  const [lives, ends] = [wanted(liveStates), wanted(["completed", "failed", "cancelled"])];
  const ended = conditionsOf(filter, ends, before, [
    ["fingerprint = ?", filter.fingerprint],
    ["finished_at < ?", filter.endedBefore],
  ]);
  return {
    // A live job has no fingerprint yet.
    live: lives.length > 0 && filter.fingerprint === undefined ? conditionsOf(filter, lives, before) : undefined,
    finished: ends.length > 0 ? ended : undefined,
  };
};

/** At most `limit` jobs that meet the filter, older than the job `before`. */
export const searchJobs = async (
  sql: Sql,
  filter: JobFilter,
  page: { readonly limit: number; readonly before?: string | undefined },
): Promise<FoundJob[]> => {
  const parts = split(filter, page.before);
  const selects = [
    ...(parts.live ? [{ from: live, ...parts.live }] : []),
    ...(parts.finished ? [{ from: finished, ...parts.finished }] : []),
  ];
  if (selects.length === 0) return [];
  return query<FoundJob>(
    sql,
    `select * from (${selects.map((part) => `(${part.from} ${part.sql} order by id desc limit ?)`).join(" union all ")}) found order by id desc limit ?`,
    [...selects.flatMap((part) => [...part.bindings, page.limit]), page.limit],
  );
};

/** One job, live or finished. */
export const findJob = async (sql: Sql, id: string): Promise<FoundJob | undefined> => {
  const [row] = await query<FoundJob>(sql, `${live} where id = ? union all ${finished} where id = ?`, [id, id]);
  return row;
};

/** How many jobs meet the filter, by state. */
export const countJobs = async (sql: Sql, filter: JobFilter): Promise<Partial<Record<JobState, number>>> => {
  const parts = split(filter, undefined);
  const selects = [
    ...(parts.live ? [{ from: "jobs.jobs", ...parts.live }] : []),
    ...(parts.finished ? [{ from: "jobs.history", ...parts.finished }] : []),
  ];
  if (selects.length === 0) return {};
  const rows = await query<{ state: JobState; n: number }>(
    sql,
    selects
      .map((part) => `select state, count(*)::int as n from ${part.from} ${part.sql} group by state`)
      .join(" union all "),
    selects.flatMap((part) => [...part.bindings]),
  );
  return Object.fromEntries(rows.map(({ state, n }) => [state, n]));
};

/** What time it is for Postgres, by which jobs end. */
export const momentOf = async (sql: Sql): Promise<Date> => {
  const [row] = await query<{ at: Date }>(sql, "select now() as at");
  return row?.at ?? new Date(0);
};
