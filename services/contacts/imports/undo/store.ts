// SQL of undoing: what an import changed, kept while it runs and put back when it is undone. Set-based, chunk by chunk.
import type { z } from "zod";
import type { ImportUndo } from "../../../../shared/contracts/imports.ts";
import type { Sql, Trx } from "../../../../shared/db/knex.ts";
import { idArray } from "../../../../shared/lib/array-text.ts";
import { type Bindable, bind } from "../../../../shared/lib/bind.ts";

export type UndoCounts = z.output<typeof ImportUndo>;

export interface WrittenRows {
  /** Columns of `r` beside its id. */
  readonly columns: readonly string[];
  /** The from clause that makes the table `r (id, …columns)`. */
  readonly from: string;
  readonly arrays: readonly Bindable[];
}

/**
 * Keeps what contacts are before an import changes them, and what it will leave them as: only fields that differ.
 * Contacts that the import itself inserted have no before. Locks the contacts. Of several changes the first before and
 * the last after count.
 */
export const keepChanges = async (
  trx: Trx,
  importId: string,
  { columns, from, arrays }: WrittenRows,
): Promise<void> => {
  const plain = columns.filter((column) => column !== "attrs");
  const differing = (side: "c" | "r") =>
    [
      "'{}'::jsonb",
      ...plain.map(
        (column) =>
          `case when r.${column} is distinct from c.${column} and r.${column} is not null then jsonb_build_object('${column}', ${side}.${column}) else '{}' end`,
      ),
    ].join(" || ");
  const given = columns.includes("attrs") ? "coalesce(r.attrs, '{}')::jsonb" : "'{}'::jsonb";
  await trx.raw(
    `insert into contacts.import_changes as held (import_id, contact_id, before, after, attrs_before, attrs_after)
     select ?::uuid, c.id, ${differing("c")}, ${differing("r")},
       (select coalesce(jsonb_object_agg(key, c.attrs -> key), '{}') from jsonb_each(${given}) g where c.attrs \\? key and c.attrs -> key <> g.value),
       (select coalesce(jsonb_object_agg(key, g.value), '{}') from jsonb_each(${given}) g where (c.attrs -> key) is distinct from g.value)
     from ${from} join contacts.contacts c on c.id = r.id
     where c.id = any(array(select unnest(?::uuid[]))) and c.import_id is distinct from ?::uuid and c.deleted_at is null
     order by c.id for update of c
     on conflict (import_id, contact_id) do update set
       before = excluded.before || held.before,
       after = held.after || excluded.after,
       attrs_before = (excluded.attrs_before - array(select jsonb_object_keys(held.attrs_after))) || held.attrs_before,
       attrs_after = held.attrs_after || excluded.attrs_after`,
    bind(importId, ...arrays, arrays[0], importId),
  );
};

/** What is known of an import that is being undone, locked until the transaction ends. Undefined when it is not. */
export const lockUndo = async (trx: Trx, id: string): Promise<Undoing | undefined> => {
  const { rows } = await trx.raw<{ rows: Undoing[] }>(
    `select undo_cursor as cursor, first_id as "firstId", last_id as "lastId", undo as done, communities
     from contacts.imports where id = ?::uuid and status = 'undoing' for update`,
    bind(id),
  );
  return rows[0];
};

export interface Undoing {
  /** The last contact that was looked at; null before the first. */
  readonly cursor: string | null;
  readonly firstId: string | null;
  readonly lastId: string | null;
  readonly done: UndoCounts;
  /** Only contacts that are still in these are changed back; null: all. */
  readonly communities: readonly string[] | null;
}

/** → undoing, with nothing done yet. */
export const beginUndo = async (trx: Trx, id: string, zero: UndoCounts): Promise<void> => {
  await trx.raw(
    "update contacts.imports set status = 'undoing', undo = ?::jsonb, undo_cursor = null where id = ?::uuid",
    bind(JSON.stringify(zero), id),
  );
};

/** Keeps how far undoing has come. */
export const advanceUndo = async (trx: Trx, id: string, cursor: string | null, done: UndoCounts): Promise<void> => {
  await trx.raw(
    "update contacts.imports set undo_cursor = ?::text, undo = ?::jsonb where id = ?::uuid",
    bind(cursor, JSON.stringify(done), id),
  );
};

/** undoing → undone. */
export const endUndo = async (trx: Trx, id: string): Promise<void> => {
  await trx.raw("update contacts.imports set status = 'undone' where id = ?::uuid and status = 'undoing'", bind(id));
};

/**
 * Why contact `c`, which import `?` (twice) inserted, stays: somebody wrote to it, it said something itself, or somebody
 * changed it. Null when nobody has had to do with it since.
 */
const keptBecause = `case
    when exists (select from messaging.v_contact_messages k join messaging.v_messages m on m.id = k.message_id
      where k.contact_id = c.id and m.state not in ('skipped', 'cancelled')) then 'messaged'
    when exists (select from consent.v_ledger_imports l where l.contact_id = c.id and l.import_id is distinct from ?::uuid) then 'consented'
    when c.updated_at <> c.created_at or exists (select from contacts.contact_tags t
      where t.contact_id = c.id and t.import_id is distinct from ?::uuid) then 'edited'
  end`;

export interface JudgedContact {
  readonly id: string;
  readonly kept: "messaged" | "consented" | "edited" | null;
}

/** Contacts that the import inserted, after `after`, each with the reason why it stays; locked. */
export const judgeInserted = async (
  trx: Trx,
  importId: string,
  {
    first,
    after,
    last,
    limit,
  }: { readonly first: string | null; readonly after: string | null; readonly last: string; readonly limit: number },
): Promise<readonly JudgedContact[]> => {
  const { rows } = await trx.raw<{ rows: JudgedContact[] }>(
    `select c.id, ${keptBecause} as kept from contacts.contacts c
     where c.import_id = ?::uuid and c.id >= coalesce(?::uuid, ?::uuid) and (?::uuid is null or c.id > ?::uuid)
       and c.id <= ?::uuid and c.deleted_at is null
     order by c.id limit ? for update of c`,
    bind(importId, importId, importId, after, first, after, after, last, limit),
  );
  return rows;
};

/** Deletes contacts with their tags. */
export const deleteContacts = async (trx: Trx, ids: readonly string[]): Promise<void> => {
  await trx.raw("delete from contacts.contacts where id = any(array(select unnest(?::uuid[])))", bind(idArray(ids)));
};

/** Contacts that the import changed and that were not looked at yet, in order; `whole` when all of it is still as it left it. */
export const nextChanged = async (
  trx: Trx,
  importId: string,
  limit: number,
): Promise<readonly { readonly id: string; readonly whole: boolean | null }[]> => {
  const { rows } = await trx.raw<{ rows: { id: string; whole: boolean | null }[] }>(
    `select b.contact_id as id, (${asItLeftIt}) as whole from contacts.import_changes b
     left join contacts.contacts c on c.id = b.contact_id and c.deleted_at is null
     where b.import_id = ?::uuid order by b.contact_id limit ?`,
    bind(importId, limit),
  );
  return rows;
};

const plainColumns = [
  "email",
  "phone",
  "kind",
  "external_id",
  "first_name",
  "last_name",
  "org_name",
  "timezone",
  "stage",
] as const;
/** True when contact `c` still has what change `b` left; null when the contact is gone. */
const asItLeftIt = `case when c.id is not null then c.attrs @> b.attrs_after and
  jsonb_build_object(${["community_id", ...plainColumns].map((column) => `'${column}', c.${column}`).join(", ")}) @> b.after end`;

const identity: readonly string[] = ["email", "phone", "external_id"];
/** What a column of contact `c` is after change `b` was taken back: its value of before where it is still as the import left it. */
const takenBack = (column: string, cast = "", also = "") =>
  `case when b.after \\? '${column}' and c.${column}${cast && "::text"} = b.after ->> '${column}'${also} then (b.before ->> '${column}')${cast} else c.${column} end`;
/** False when somebody took the email of before away, and without the import's number nothing would tell who it is. */
const isSomebody = `coalesce(${identity.map((column) => takenBack(column)).join(", ")}) is not null`;
const home = takenBack(
  "community_id",
  "::uuid",
  " and exists (select from contacts.communities m where m.id::text = b.before ->> 'community_id')",
);
const restored = plainColumns.map(
  (column) =>
    `${column} = ${identity.includes(column) ? `case when ${isSomebody} then ${takenBack(column)} else c.${column} end` : takenBack(column)}`,
);

/**
 * Puts back what the import changed on these contacts, field by field where its value still stands; a community that is
 * gone stays left, and nobody loses the last of email, number and external id. May meet a value that another contact took:
 * a unique violation.
 */
export const restoreFields = async (trx: Trx, importId: string, ids: readonly string[]): Promise<void> => {
  await trx.raw(
    `update contacts.contacts c set updated_at = now(), ${restored.join(", ")}, community_id = ${home},
       attrs = (c.attrs - array(select a.key from jsonb_each(b.attrs_after) a where c.attrs -> a.key = a.value))
         || coalesce((select jsonb_object_agg(p.key, p.value) from jsonb_each(b.attrs_before) p where c.attrs -> p.key = b.attrs_after -> p.key), '{}')
     from contacts.import_changes b
     where b.import_id = ?::uuid and b.contact_id = any(array(select unnest(?::uuid[]))) and c.id = b.contact_id and c.deleted_at is null`,
    bind(importId, idArray(ids)),
  );
};

/** Takes off the tags that the import alone gave. */
export const dropTags = async (trx: Trx, importId: string, ids: readonly string[]): Promise<void> => {
  await trx.raw(
    "delete from contacts.contact_tags where contact_id = any(array(select unnest(?::uuid[]))) and import_id = ?::uuid",
    bind(idArray(ids), importId),
  );
};

/** Forgets what the import changed on these contacts. */
export const dropChanges = async (trx: Trx, importId: string, ids: readonly string[]): Promise<void> => {
  await trx.raw(
    "delete from contacts.import_changes where import_id = ?::uuid and contact_id = any(array(select unnest(?::uuid[])))",
    bind(importId, idArray(ids)),
  );
};

/** What undoing would do now: the same questions as when it is done, over all contacts at once. */
export const countUndo = async (
  sql: Sql,
  importId: string,
  range: { readonly firstId: string | null; readonly lastId: string | null },
): Promise<UndoCounts> => {
  const inserted = await sql.raw<{ rows: { kept: string | null; n: number }[] }>(
    `select kept, count(*)::int as n from (select ${keptBecause} as kept from contacts.contacts c
       where c.import_id = ?::uuid and c.id between ?::uuid and ?::uuid and c.deleted_at is null) judged group by kept`,
    bind(importId, importId, importId, range.firstId, range.lastId),
  );
  const changed = await sql.raw<{ rows: { whole: number; partly: number }[] }>(
    `select count(*) filter (where whole)::int as whole, count(*) filter (where not whole)::int as partly from (
       select (${asItLeftIt}) as whole from contacts.import_changes b
       join contacts.contacts c on c.id = b.contact_id and c.deleted_at is null where b.import_id = ?::uuid) judged`,
    bind(importId),
  );
  const of = (kept: string | null) => inserted.rows.find((row) => row.kept === kept)?.n ?? 0;
  return {
    removed: of(null),
    kept: { messaged: of("messaged"), consented: of("consented"), edited: of("edited") },
    restored: changed.rows[0]?.whole ?? 0,
    partly: changed.rows[0]?.partly ?? 0,
  };
};
