// Dead letters in Postgres: events (rarely: entries that are none) that a group could not handle, until somebody
// replays or drops them. What was decided stays to be seen, so that a second death tells of the first.
import { query, type Sql, type Trx } from "../db/knex.ts";
import { signalAtCommit } from "./wake.ts";

export type LetterState = "dead" | "replayed" | "dropped";

export interface LetterFilter {
  readonly group?: string | undefined;
  readonly type?: string | undefined;
  readonly state?: LetterState | undefined;
  readonly ids?: readonly string[] | undefined;
}

/** What is known of a letter without its content. */
export interface LetterRow {
  readonly id: string;
  readonly group: string;
  readonly type: string | null;
  readonly eventId: string | null;
  readonly stream: string;
  readonly entryId: string;
  readonly error: string;
  readonly attempts: number;
  readonly diedAt: Date;
  readonly state: LetterState;
  readonly settledAt: Date | null;
  readonly settledBy: string | null;
}

const columns = `id, group_name as "group", type, event_id as "eventId", stream, entry_id as "entryId", error, attempts,
  died_at as "diedAt", state, settled_at as "settledAt", settled_by as "settledBy"`;

const conditions = `(?::text is null or group_name = ?) and (?::text is null or type = ?) and (?::text is null or state = ?)
  and (?::uuid[] is null or id = any(?::uuid[]))`;
const bindingsOf = ({ group, type, state, ids }: LetterFilter) =>
  [group, type, state, ids && [...ids]].flatMap((value) => [value ?? null, value ?? null]);

/** At most `limit` letters, newest first, older than the letter `before`. */
export const listLetters = (
  sql: Sql,
  filter: LetterFilter,
  page: { readonly limit: number; readonly before?: string | undefined },
): Promise<LetterRow[]> =>
  query<LetterRow>(
    sql,
    `select ${columns} from jobs.dead_letters where ${conditions} and (?::uuid is null or id < ?::uuid) order by id desc limit ?`,
    [...bindingsOf(filter), page.before ?? null, page.before ?? null, page.limit],
  );

/** Groups with letters that nobody has decided about, and how many. */
export const countLetters = (sql: Sql): Promise<{ readonly group: string; readonly count: number }[]> =>
  query(
    sql,
    `select group_name as "group", count(*)::int as count from jobs.dead_letters where state = 'dead'
     group by group_name order by group_name`,
  );

/** How many letters an act would concern. `readable`: only those that can be replayed. */
export const countOpen = async (sql: Sql, filter: LetterFilter, readable: boolean): Promise<number> => {
  const [row] = await query<{ n: number }>(
    sql,
    `select count(*)::int as n from jobs.dead_letters where ${conditions} and (not ?::boolean or event_id is not null)`,
    [...bindingsOf({ ...filter, state: "dead" }), readable],
  );
  return row?.n ?? 0;
};

export interface LetterDetail extends LetterRow {
  /** The entry's fields as they were. */
  readonly fields: Readonly<Record<string, string>>;
}

/** One letter with its content; undefined when there is none. */
export const findLetter = async (sql: Sql, id: string): Promise<LetterDetail | undefined> =>
  (await query<LetterDetail>(sql, `select ${columns}, fields from jobs.dead_letters where id = ?`, [id]))[0];

/** The other deaths of the same event in the same group, newest first. */
export const otherDeaths = (sql: Sql, { id, group, eventId }: LetterRow): Promise<LetterRow[]> =>
  eventId === null
    ? Promise.resolve([])
    : query<LetterRow>(
        sql,
        `select ${columns} from jobs.dead_letters where event_id = ? and group_name = ? and id <> ? order by id desc limit 50`,
        [eventId, group, id],
      );

/**
 * Publishes the events of open letters again with the transaction, under their own ids and for their groups alone.
 * Takes at most `limit` of those that meet the filter, oldest first; returns their ids. Unreadable ones are left out.
 */
export const replayLetters = async (
  trx: Trx,
  filter: LetterFilter,
  by: { readonly userId: string | null; readonly limit: number },
): Promise<string[]> => {
  const rows = await query<{ id: string }>(
    trx,
    `with picked as (
       select id, group_name, type, event_id, fields from jobs.dead_letters
       where ${conditions} and event_id is not null order by id limit ? for update skip locked
     ), again as (
       insert into jobs.outbox (id, event_id, only_group, type, payload, headers, created_at)
       select make_uuid7(), event_id, group_name, type, (fields ->> 'data')::jsonb,
         coalesce(fields ->> 'headers', '{}')::jsonb, (fields ->> 'at')::timestamptz
       from picked
     )
     update jobs.dead_letters d set state = 'replayed', settled_at = now(), settled_by = ?
     from picked where d.id = picked.id returning d.id`,
    [...bindingsOf({ ...filter, state: "dead" }), by.limit, by.userId],
  );
  if (rows.length > 0) signalAtCommit(trx, "events");
  return rows.map(({ id }) => id);
};

/** Decides that open letters need nothing more; returns their ids. */
export const dropLetters = async (
  trx: Trx,
  filter: LetterFilter,
  by: { readonly userId: string | null; readonly limit: number },
): Promise<string[]> => {
  const rows = await query<{ id: string }>(
    trx,
    `update jobs.dead_letters set state = 'dropped', settled_at = now(), settled_by = ? where id in (
       select id from jobs.dead_letters where ${conditions} order by id limit ? for update skip locked)
     returning id`,
    [by.userId, ...bindingsOf({ ...filter, state: "dead" }), by.limit],
  );
  return rows.map(({ id }) => id);
};

/** Deletes letters that were decided about more than so many days ago; open ones stay. Returns how many went. */
export const pruneLetters = async (sql: Sql, keepDays: number): Promise<number> =>
  (
    await query(
      sql,
      "delete from jobs.dead_letters where state <> 'dead' and settled_at < now() - ? * interval '1 day' returning 1",
      [keepDays],
    )
  ).length;
