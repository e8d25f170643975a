// SQL of imports: their life cycle and their counts. States change by compare-and-set.
import type { z } from "zod";
import type { Import, ImportOptions } from "../../../shared/contracts/imports.ts";
import type { Sql, Trx } from "../../../shared/db/knex.ts";
import { ownedSql } from "../../../shared/db/scope-sql.ts";
import { bind } from "../../../shared/lib/bind.ts";
import type { Scope } from "../../../shared/lib/scope.ts";
import type { Delimiter } from "./csv-rows.ts";
import type { Encoding } from "./text-encoding.ts";

export type ImportView = z.output<typeof Import>;
export type Options = z.output<typeof ImportOptions>;

export interface RunningImport {
  readonly id: string;
  readonly mapping: Readonly<Record<string, string>>;
  readonly options: Options;
  readonly bytes: number;
  /** Rows that are done: where a run that follows a crash carries on. */
  readonly total: number;
  readonly encoding: Encoding | null;
  readonly delimiter: Delimiter | null;
  /** Only contacts of these are found and changed; null: all. */
  readonly communities: readonly string[] | null;
}

interface Row {
  readonly id: string;
  readonly status: ImportView["status"] | "uploading";
  readonly file_name: string;
  readonly bytes: string;
  readonly mapping: Record<string, string>;
  readonly options: Options;
  readonly encoding: Encoding | null;
  readonly delimiter: Delimiter | null;
  readonly reason: string | null;
  readonly total: number;
  readonly inserted: number;
  readonly updated: number;
  readonly skipped: number;
  readonly failed: number;
  readonly bytes_done: string;
  readonly created_at: Date;
  readonly started_at: Date | null;
  readonly finished_at: Date | null;
  readonly images_pruned: boolean;
  readonly undo: ImportView["undo"];
  readonly communities: string[] | null;
}

/** Days in which an import can be undone; what contacts were before it is kept so long. */
export const UNDO_DAYS = 30;
const undoable = ["completed", "failed", "cancelled"];
const undoableUntil = ({ status, finished_at, images_pruned }: Row): string | null =>
  finished_at === null || images_pruned || !undoable.includes(status)
    ? null
    : new Date(finished_at.getTime() + UNDO_DAYS * 86_400_000).toISOString();

const toView = (row: Row): ImportView => ({
  id: row.id,
  status: row.status as ImportView["status"],
  fileName: row.file_name,
  bytes: Number(row.bytes),
  reason: row.reason,
  encoding: row.encoding,
  delimiter: row.delimiter,
  total: row.total,
  inserted: row.inserted,
  updated: row.updated,
  skipped: row.skipped,
  failed: row.failed,
  progress: ["completed", "undoing", "undone"].includes(row.status)
    ? 1
    : Number(row.bytes) > 0
      ? Math.min(1, Number(row.bytes_done) / Number(row.bytes))
      : 0,
  createdAt: row.created_at.toISOString(),
  startedAt: row.started_at?.toISOString() ?? null,
  finishedAt: row.finished_at?.toISOString() ?? null,
  consent: row.options.consent ?? null,
  undoableUntil: undoableUntil(row),
  undo: row.undo,
});

/** The state of an import or upload within the scope, locked until the transaction ends. */
export const lockStatus = async (trx: Trx, id: string, scope: Scope): Promise<Row["status"] | undefined> => {
  const own = ownedSql(scope, "communities");
  const { rows } = await trx.raw<{ rows: Row[] }>(
    `select status from contacts.imports where id = ?::uuid${own.sql} for update`,
    bind(id, ...own.values),
  );
  return rows[0]?.status;
};

/** uploading → queued, with everything the run needs. */
export const queueImport = async (
  trx: Trx,
  id: string,
  { mapping, options }: { readonly mapping: Readonly<Record<string, string>>; readonly options: Options },
): Promise<void> => {
  await trx.raw(
    `update contacts.imports set status = 'queued', mapping = ?::jsonb, options = ?::jsonb, created_at = now(),
       bytes = (select coalesce(sum(length(data)), 0) from contacts.import_chunks where import_id = imports.id)
     where id = ?::uuid and status = 'uploading'`,
    bind(JSON.stringify(mapping), JSON.stringify(options), id),
  );
};

/** queued → running, or running on after a crash. Undefined when it is neither. */
export const startImport = async (sql: Sql, id: string): Promise<RunningImport | undefined> => {
  const { rows } = await sql.raw<{ rows: Row[] }>(
    `update contacts.imports set status = 'running', started_at = coalesce(started_at, now())
     where id = ?::uuid and status in ('queued', 'running') returning *`,
    bind(id),
  );
  const [row] = rows;
  return row && { ...row, bytes: Number(row.bytes) };
};

/** Keeps how the file is read, so that a run after a crash reads it the same way, and its headers for the error file. */
export const keepForm = async (
  sql: Sql,
  id: string,
  form: { readonly encoding: Encoding; readonly delimiter: Delimiter; readonly headers: readonly string[] },
): Promise<void> => {
  await sql.raw(
    "update contacts.imports set encoding = ?::text, delimiter = ?::text, options = options || jsonb_build_object('headers', ?::jsonb) where id = ?::uuid",
    bind(form.encoding, form.delimiter, JSON.stringify(form.headers), id),
  );
};

/** Locks a running import of which exactly `done` rows are done. False when it is not so. */
export const lockProgress = async (trx: Trx, id: string, done: number): Promise<boolean> => {
  const { rows } = await trx.raw<{ rows: unknown[] }>(
    "select 1 from contacts.imports where id = ?::uuid and status = 'running' and total = ?::int for update",
    bind(id, done),
  );
  return rows.length > 0;
};

export interface Advance {
  readonly inserted: number;
  readonly updated: number;
  readonly skipped: number;
  readonly failed: number;
  readonly bytesDone: number;
  /** Of the contacts that the batch inserted, if it did. */
  readonly firstId: string | undefined;
  readonly lastId: string | undefined;
}

/**
 * What a batch may do without, because its contacts and the import's progress are one transaction: a commit that does
 * not wait for the disk (a Postgres that crashes forgets the last batches with their progress, and the import takes them
 * again; its end waits for the disk, and for all before it), and full-text entries that are merged a little at a time.
 */
export const trimDurability = async (trx: Trx): Promise<void> => {
  await trx.raw("set local synchronous_commit = off; set local gin_pending_list_limit = '16MB'");
};

/** Adds the counts of a batch. */
export const advanceImport = async (trx: Trx, id: string, by: Advance): Promise<void> => {
  await trx.raw(
    `update contacts.imports set inserted = inserted + ?::int, updated = updated + ?::int, skipped = skipped + ?::int,
       failed = failed + ?::int, total = total + ?::int, bytes_done = greatest(bytes_done, ?::bigint),
       first_id = least(first_id, ?::uuid), last_id = greatest(last_id, ?::uuid) where id = ?::uuid`,
    bind(
      by.inserted,
      by.updated,
      by.skipped,
      by.failed,
      by.inserted + by.updated + by.skipped + by.failed,
      by.bytesDone,
      by.firstId,
      by.lastId,
      id,
    ),
  );
};

/** Ends an import that is queued or running, and drops the file. False when it had ended before. */
export const endImport = async (
  trx: Trx,
  id: string,
  status: "completed" | "failed" | "cancelled",
  reason: string | null,
): Promise<boolean> => {
  const { rowCount } = await trx.raw<{ rowCount: number }>(
    `update contacts.imports set status = ?::text, reason = ?::text, finished_at = now(), started_at = coalesce(started_at, now())
     where id = ?::uuid and status in ('queued', 'running')`,
    bind(status, reason, id),
  );
  if (rowCount > 0) await trx.raw("delete from contacts.import_chunks where import_id = ?::uuid", bind(id));
  return rowCount > 0;
};

/** Between which ids the contacts lie that an import inserted; null when it inserted none. */
export const readRange = async (
  sql: Sql,
  id: string,
): Promise<{ readonly firstId: string | null; readonly lastId: string | null }> => {
  const { rows } = await sql.raw<{ rows: { firstId: string | null; lastId: string | null }[] }>(
    `select first_id as "firstId", last_id as "lastId" from contacts.imports where id = ?::uuid`,
    bind(id),
  );
  return rows[0] ?? { firstId: null, lastId: null };
};

/** One import within the scope; uploads that were not submitted are none. */
export const findImport = async (sql: Sql, id: string, scope: Scope): Promise<ImportView | undefined> => {
  const own = ownedSql(scope, "communities");
  const { rows } = await sql.raw<{ rows: Row[] }>(
    `select * from contacts.imports where id = ?::uuid and status <> 'uploading'${own.sql}`,
    bind(id, ...own.values),
  );
  return rows[0] && toView(rows[0]);
};

/** Imports, newest first. */
export const listImports = async (
  sql: Sql,
  page: { readonly limit: number; readonly before?: string | undefined; readonly scope: Scope },
): Promise<readonly ImportView[]> => {
  const own = ownedSql(page.scope, "communities");
  const { rows } = await sql.raw<{ rows: Row[] }>(
    `select * from contacts.imports where status <> 'uploading' and (?::uuid is null or id < ?::uuid)${own.sql} order by id desc limit ?`,
    bind(page.before, page.before, ...own.values, page.limit),
  );
  return rows.map(toView);
};

const deleted = async (sql: Sql, statement: string, ...values: number[]): Promise<number> =>
  (await sql.raw<{ rowCount: number }>(statement, bind(...values))).rowCount;

/** Drops uploads that were begun a day ago and never submitted. */
export const pruneUploads = (sql: Sql): Promise<number> =>
  deleted(sql, "delete from contacts.imports where status = 'uploading' and created_at < now() - interval '1 day'");

/** Drops at most `batch` before-images of imports that ended so many days ago; those cannot be undone from then on. */
export const pruneChanges = async (trx: Trx, days: number, batch: number): Promise<number> => {
  const old = "finished_at < now() - ? * interval '1 day' and status not in ('undoing', 'undone')";
  await trx.raw(`update contacts.imports set images_pruned = true where ${old} and not images_pruned`, bind(days));
  return deleted(
    trx,
    `delete from contacts.import_changes where (import_id, contact_id) in (
       select b.import_id, b.contact_id from contacts.import_changes b join contacts.imports i on i.id = b.import_id where i.images_pruned limit ?)`,
    batch,
  );
};

/** Drops at most `batch` refused rows of imports that ended so many days ago. */
export const pruneRefusedRows = (sql: Sql, days: number, batch: number): Promise<number> =>
  deleted(
    sql,
    `delete from contacts.import_errors where (import_id, row_number) in (
       select e.import_id, e.row_number from contacts.import_errors e join contacts.imports i on i.id = e.import_id
       where i.finished_at < now() - ? * interval '1 day' limit ?)`,
    days,
    batch,
  );

/** Forgets how files were read that nobody imported for so many days. */
export const pruneMemory = async (sql: Sql, days: number): Promise<void> => {
  await deleted(sql, "delete from contacts.import_mappings where used_at < now() - ? * interval '1 day'", days);
  await deleted(sql, "delete from contacts.import_columns where used_at < now() - ? * interval '1 day'", days);
};
