// SQL of bulk acts: the snapshot of whom they are for, their progress, and the chunks of exports.
import type { BulkAct } from "../../../shared/contracts/bulk.ts";
import type { Sql, Trx } from "../../../shared/db/knex.ts";
import { ownedSql } from "../../../shared/db/scope-sql.ts";
import { bind } from "../../../shared/lib/bind.ts";
import type { Scope } from "../../../shared/lib/scope.ts";
import { type ContactFilter, filterSql } from "../contacts/store.ts";

/** Contacts of one step: one transaction that nobody waits for long, one chunk of an export. */
export const CHUNK = 2_000;

export interface BulkRow {
  readonly id: string;
  readonly act: BulkAct["act"];
  readonly tag: string | null;
  readonly community_id: string | null;
  readonly channel: BulkAct["channel"];
  /** What whoever began it sees; null: everything. */
  readonly communities: string[] | null;
  readonly status: BulkAct["status"];
  readonly total: number;
  readonly chunks_done: number;
  readonly done: number;
  readonly already: number;
  readonly skipped: Record<string, number>;
  readonly attributes: string[] | null;
  readonly bytes: string | null;
  readonly has_file: boolean;
  readonly created_at: Date;
  readonly finished_at: Date | null;
}

const columns = `b.id, b.act, b.tag, b.community_id, b.channel, b.communities::text[] as communities, b.status, b.total, b.chunks_done, b.done, b.already, b.skipped,
  b.attributes, b.bytes, b.created_at, b.finished_at,
  b.status = 'completed' and exists (select 1 from contacts.export_chunks e where e.bulk_id = b.id) as has_file`;

export interface BulkPlan {
  readonly id: string;
  readonly act: BulkAct["act"];
  readonly tag?: string | undefined;
  readonly communityId?: string | undefined;
  readonly channel?: string | undefined;
  readonly communities: readonly string[] | null;
}

/** Writes the act down with a snapshot of whom it is for. Returns how many that are. */
export const insertBulk = async (trx: Trx, plan: BulkPlan, filter: ContactFilter): Promise<number> => {
  await trx.raw(
    `insert into contacts.bulk_acts (id, act, tag, community_id, channel, communities, total)
     values (?::uuid, ?::text, ?::text, ?::uuid, ?::text, ?::uuid[], 0)`,
    bind(plan.id, plan.act, plan.tag, plan.communityId, plan.channel, plan.communities ?? undefined),
  );
  const { where, values } = filterSql(filter);
  const { rows } = await trx.raw<{ rows: { n: string }[] }>(
    `with chunks as (
       insert into contacts.bulk_chunks (bulk_id, seq, contact_ids)
       select ?::uuid, (n - 1) / ${CHUNK}, array_agg(id order by n)
       from (select c.id, row_number() over (order by c.id) as n from contacts.contacts c where ${where}) member group by 2
       returning cardinality(contact_ids) as n
     ) select coalesce(sum(n), 0) as n from chunks`,
    bind(plan.id, ...values),
  );
  const total = Number(rows[0]?.n ?? 0);
  await trx.raw("update contacts.bulk_acts set total = ?::int where id = ?::uuid", bind(total, plan.id));
  return total;
};

/** One act within the scope, or undefined. */
export const findBulk = async (sql: Sql, id: string, scope: Scope): Promise<BulkRow | undefined> => {
  const own = ownedSql(scope, "b.communities");
  const { rows } = await sql.raw<{ rows: BulkRow[] }>(
    `select ${columns} from contacts.bulk_acts b where b.id = ?::uuid${own.sql}`,
    bind(id, ...own.values),
  );
  return rows[0];
};

/** Acts, newest first. */
export const listBulks = async (
  sql: Sql,
  page: { readonly limit: number; readonly before?: string | undefined; readonly scope: Scope },
): Promise<readonly BulkRow[]> => {
  const own = ownedSql(page.scope, "b.communities");
  const { rows } = await sql.raw<{ rows: BulkRow[] }>(
    `select ${columns} from contacts.bulk_acts b where (?::uuid is null or b.id < ?::uuid)${own.sql} order by b.id desc limit ?`,
    bind(page.before, page.before, ...own.values, page.limit),
  );
  return rows;
};

/** The act, locked and running from now on; undefined when it has ended. */
export const lockRunning = async (trx: Trx, id: string): Promise<BulkRow | undefined> => {
  const { rows } = await trx.raw<{ rows: BulkRow[] }>(
    `update contacts.bulk_acts b set status = 'running' where b.id = ?::uuid and b.status in ('queued', 'running') returning ${columns}`,
    bind(id),
  );
  return rows[0];
};

/** Contacts of a chunk of the snapshot, or undefined after the last. */
export const readChunk = async (sql: Sql, id: string, seq: number): Promise<string[] | undefined> => {
  const { rows } = await sql.raw<{ rows: { contact_ids: string[] }[] }>(
    "select contact_ids::text[] from contacts.bulk_chunks where bulk_id = ?::uuid and seq = ?::int",
    bind(id, seq),
  );
  return rows[0]?.contact_ids;
};

export interface ChunkOutcome {
  readonly done: number;
  readonly already: number;
  readonly skipped: Readonly<Record<string, number>>;
}

/** Counts one chunk as done. */
export const advanceBulk = async (trx: Trx, id: string, by: ChunkOutcome, skipped: object): Promise<void> => {
  await trx.raw(
    `update contacts.bulk_acts set chunks_done = chunks_done + 1, done = done + ?::int, already = already + ?::int,
       skipped = ?::jsonb where id = ?::uuid`,
    bind(by.done, by.already, JSON.stringify(skipped), id),
  );
};

/** Ends an act that has not ended. The snapshot of an export stays, to know whose data its file has. False if it had ended. */
export const endBulk = async (trx: Trx, id: string, status: "completed" | "failed" | "cancelled"): Promise<boolean> => {
  const { rowCount } = await trx.raw<{ rowCount: number }>(
    `update contacts.bulk_acts set status = ?::text, finished_at = now(),
       bytes = case when act = 'export' and ?::text = 'completed'
         then (select coalesce(sum(octet_length(data)), 0) from contacts.export_chunks where bulk_id = bulk_acts.id) end
     where id = ?::uuid and status in ('queued', 'running')`,
    bind(status, status, id),
  );
  if (rowCount === 0) return false;
  await trx.raw(
    `delete from contacts.bulk_chunks where bulk_id = ?::uuid
       and (?::text <> 'completed' or not exists (select 1 from contacts.bulk_acts where id = bulk_id and act = 'export'))`,
    bind(id, status),
  );
  if (status !== "completed") await trx.raw("delete from contacts.export_chunks where bulk_id = ?::uuid", bind(id));
  return true;
};

/** Throws the files of exports away that ended more than `days` days ago. */
export const dropOldExports = async (trx: Trx, days: number): Promise<void> => {
  const old = `bulk_id in (select id from contacts.bulk_acts where act = 'export' and finished_at < now() - make_interval(days => ?::int))`;
  await trx.raw(`delete from contacts.export_chunks where ${old}`, bind(days));
  await trx.raw(`delete from contacts.bulk_chunks where ${old}`, bind(days));
};

/**
 * Throws away every export that has the contact in it: for those who erase a contact, inside their transaction. One that
 * is under way begins anew, without the contact: else its file would lack the lines it had, and nobody would see it.
 */
export const dropExportsOf = async (trx: Trx, contactId: string): Promise<void> => {
  // Waits for the chunk that is being written, so that it is thrown away too.
  await trx.raw(
    `update contacts.bulk_acts set chunks_done = 0, done = 0, already = 0, skipped = '{}'
     where act = 'export' and status in ('queued', 'running')
       and id in (select bulk_id from contacts.bulk_chunks where contact_ids @> array[?::uuid])`,
    bind(contactId),
  );
  await trx.raw(
    `delete from contacts.export_chunks where bulk_id in
       (select bulk_id from contacts.bulk_chunks where contact_ids @> array[?::uuid])`,
    bind(contactId),
  );
};

/** Names of all attributes that contacts of the snapshot have; written down for all chunks of the export. */
export const keepAttributes = async (trx: Trx, id: string): Promise<void> => {
  await trx.raw(
    `update contacts.bulk_acts set attributes = array(
       select distinct k from contacts.bulk_chunks b, unnest(b.contact_ids) member
         join contacts.contacts c on c.id = member, jsonb_object_keys(c.attrs) k
       where b.bulk_id = ?::uuid order by k limit 1000)
     where id = ?::uuid`,
    bind(id, id),
  );
};

/** Stores the lines of one chunk of an export. */
export const storeExportChunk = async (trx: Trx, id: string, seq: number, data: string): Promise<void> => {
  await trx.raw(
    "insert into contacts.export_chunks (bulk_id, seq, data) values (?::uuid, ?::int, ?::text)",
    bind(id, seq, data),
  );
};

/** The lines of one chunk, or undefined. */
export const exportChunk = async (sql: Sql, id: string, seq: number): Promise<string | undefined> => {
  const { rows } = await sql.raw<{ rows: { data: string }[] }>(
    "select data from contacts.export_chunks where bulk_id = ?::uuid and seq = ?::int",
    bind(id, seq),
  );
  return rows[0]?.data;
};

/** How many chunks an export has. */
export const exportChunks = async (sql: Sql, id: string): Promise<number> => {
  const { rows } = await sql.raw<{ rows: { n: string }[] }>(
    "select count(*) as n from contacts.export_chunks where bulk_id = ?::uuid",
    bind(id),
  );
  return Number(rows[0]?.n ?? 0);
};
