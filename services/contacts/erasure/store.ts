// SQL of erasures: who asked, the person's rows, and what imports kept of them.
import type { Sql, Trx } from "../../../shared/db/knex.ts";
import { homeSql } from "../../../shared/db/scope-sql.ts";
import { bind } from "../../../shared/lib/bind.ts";
import { redacted } from "../../../shared/lib/person-words.ts";
import type { Scope } from "../../../shared/lib/scope.ts";
import { dropExportsOf } from "../bulk/store.ts";

export interface PersonRow {
  readonly id: string;
  readonly email: string | null;
  readonly phone: string | null;
  readonly external_id: string | null;
  readonly first_name: string | null;
  readonly last_name: string | null;
  readonly org_name: string | null;
}
const columns = "id, email, phone, external_id, first_name, last_name, org_name";

export interface ErasureRow {
  readonly contact_id: string;
  readonly requested_by: string | null;
  readonly open_imports: string[];
  readonly finished_at: Date | null;
}

/** A contact within the scope, also a deleted one, locked until the transaction ends. */
export const lockPerson = async (trx: Trx, id: string, scope: Scope): Promise<PersonRow | undefined> => {
  const home = homeSql(scope, "community_id");
  const { rows } = await trx.raw<{ rows: PersonRow[] }>(
    `select ${columns} from contacts.contacts where id = ?::uuid${home.sql} for update`,
    bind(id, ...home.values),
  );
  return rows[0];
};

/** Writes down that a contact is to be erased, and takes it out of every list and audience. */
export const beginErasure = async (trx: Trx, id: string, requestedBy: string | undefined): Promise<void> => {
  await trx.raw(
    `insert into contacts.erasures (contact_id, requested_by, open_imports)
     select ?::uuid, ?::uuid, array(select id from contacts.imports where status in ('uploading', 'queued', 'running', 'undoing'))
     on conflict (contact_id) do nothing`,
    bind(id, requestedBy),
  );
  await trx.raw("update contacts.contacts set deleted_at = now() where id = ?::uuid and deleted_at is null", bind(id));
};

/** The erasure of a contact, locked until the transaction ends. */
export const lockErasure = async (trx: Trx, id: string): Promise<ErasureRow | undefined> => {
  const { rows } = await trx.raw<{ rows: ErasureRow[] }>(
    "select contact_id, requested_by, open_imports, finished_at from contacts.erasures where contact_id = ?::uuid for update",
    bind(id),
  );
  return rows[0];
};

/**
 * Imports that were open when the erasure was asked for and still are: they may bring the person again. An upload that
 * nobody finished within the hour is thrown away.
 */
export const openImports = async (trx: Trx, { open_imports }: ErasureRow): Promise<number> => {
  if (open_imports.length === 0) return 0;
  await trx.raw(
    `delete from contacts.imports where id = any(?::uuid[]) and status = 'uploading' and created_at < now() - interval '1 hour'`,
    bind(open_imports),
  );
  const { rows } = await trx.raw<{ rows: { n: number }[] }>(
    `select count(*)::int as n from contacts.imports
     where id = any(?::uuid[]) and status in ('uploading', 'queued', 'running', 'undoing')`,
    bind(open_imports),
  );
  return rows[0]?.n ?? 0;
};

/**
 * The contact, then other rows of the same person: deleted ones with its email, or with its number and no other email,
 * and those that an import brought that was open when the erasure was asked for.
 */
export const personRows = async (trx: Trx, { contact_id, open_imports }: ErasureRow): Promise<readonly PersonRow[]> => {
  const { rows } = await trx.raw<{ rows: PersonRow[] }>(
    `with person as (select id, email, phone from contacts.contacts where id = ?::uuid)
     select ${columns.replace(/\w+/g, "c.$&")} from contacts.contacts c, person p
     where c.id = p.id or (
       (c.email = p.email or (c.phone = p.phone and (c.email is null or p.email is null)))
       and (c.deleted_at is not null or c.import_id = any(?::uuid[])))
     order by c.id = p.id desc, c.id for update of c`,
    bind(contact_id, open_imports),
  );
  return rows;
};

/** Those of the addresses that a live contact outside of `ids` has. */
export const sharedAddresses = async (
  trx: Trx,
  ids: readonly string[],
  addresses: readonly string[],
): Promise<ReadonlySet<string>> => {
  const { rows } = await trx.raw<{ rows: { address: string }[] }>(
    `select email as address from contacts.contacts where email = any(?::text[]) and deleted_at is null and id <> all(?::uuid[])
     union select phone from contacts.contacts where phone = any(?::text[]) and deleted_at is null and id <> all(?::uuid[])`,
    bind(addresses, ids, addresses, ids),
  );
  return new Set(rows.map((row) => row.address));
};

export interface RefusedMatch {
  /** Matches a row's cells (see redact.ts); undefined when nothing names the person. */
  readonly words: string | undefined;
  /** Digits of numbers, without country code where they are long enough. */
  readonly digits: readonly string[];
  /** First and last name, each a cell of its own. */
  readonly names: readonly (readonly [first: string, last: string])[];
}

/** Empties refused rows that are about the person; they still count. Names of files go too. */
export const eraseRefusedRows = async (trx: Trx, { words, digits, names }: RefusedMatch): Promise<void> => {
  const cell = (name: string) => `%"${name.trim().replace(/[\\%_"]/g, "\\$&")}"%`;
  await trx.raw(
    `update contacts.import_errors set raw = '[]', errors = '[{"column": "", "message": "erased on the request of the person"}]'
     where raw <> '[]' and (raw ~* ?::text
       or exists (select 1 from unnest(?::text[]) d (digits) where position(d.digits in regexp_replace(raw, '\\D', '', 'g')) > 0)
       or exists (select 1 from unnest(?::text[], ?::text[]) n (first, last) where raw ilike n.first and raw ilike n.last))`,
    bind(
      words ?? "(?!)",
      digits,
      names.map(([first]) => cell(first)),
      names.map(([, last]) => cell(last)),
    ),
  );
  if (words !== undefined)
    await trx.raw(
      `update contacts.imports set file_name = regexp_replace(file_name, ?::text, '${redacted}', 'gi'),
         reason = regexp_replace(reason, ?::text, '${redacted}', 'gi') where file_name ~* ?::text or reason ~* ?::text`,
      bind(words, words, words, words),
    );
};

/**
 * Takes the person out of what staff wrote to find or explain them: saved views, segments, names of remembered files,
 * grounds of recorded consent. `words` as in text, `jsonWords` as inside JSON.
 */
export const eraseMentions = async (
  trx: Trx,
  words: string | undefined,
  jsonWords: string | undefined,
): Promise<void> => {
  if (words === undefined || jsonWords === undefined) return;
  const cleaned = (column: string, name: "words" | "jsonWords") =>
    `${column} = regexp_replace(${column}::text, :${name}, '${redacted}', 'gi')`;
  const bindings = { words, jsonWords };
  // Names are unique, and two of them may be the same without the people in them.
  const renamed = `name = case when name ~* :words then regexp_replace(name, :words, '${redacted}', 'gi') || ' ' || right(id::text, 12) else name end`;
  for (const [table, column] of [
    ["contacts.contact_views", "filters"],
    ["contacts.segments", "rule"],
  ] as const)
    await trx.raw(
      `update ${table} set ${renamed}, ${cleaned(column, "jsonWords")}::jsonb
       where name ~* :words or ${column}::text ~* :jsonWords`,
      bindings,
    );
  await trx.raw(
    `update contacts.import_mappings set ${cleaned("file_name", "words")}, ${cleaned("options", "jsonWords")}::jsonb
     where file_name ~* :words or options::text ~* :jsonWords`,
    bindings,
  );
  await trx.raw(
    `update contacts.import_claims set ${cleaned("basis", "words")}, ${cleaned("source", "words")}, ${cleaned("wording", "words")}
     where concat_ws(' ', basis, source, wording) ~* :words`,
    bindings,
  );
};

/** Removes the person's rows and says so: the last step. */
export const finishErasure = async (
  trx: Trx,
  contactId: string,
  ids: readonly string[],
  messages: number,
): Promise<void> => {
  // Tables that keep something by contact go with it (on delete cascade); those that do not are cleared here.
  await trx.raw("delete from contacts.contacts where id = any(?::uuid[])", bind(ids));
  await trx.raw("delete from contacts.import_changes where contact_id = any(?::uuid[])", bind(ids));
  for (const id of ids) await dropExportsOf(trx, id);
  await trx.raw(
    "update contacts.erasures set finished_at = now(), messages = ?::int where contact_id = ?::uuid",
    bind(messages, contactId),
  );
};

/** Erasures that were asked for and are not done. */
export const isErasing = async (sql: Sql, id: string): Promise<boolean> => {
  const { rows } = await sql.raw<{ rows: unknown[] }>(
    "select 1 from contacts.erasures where contact_id = ?::uuid and finished_at is null",
    bind(id),
  );
  return rows.length > 0;
};
