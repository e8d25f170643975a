// SQL of saved views. Whoever may not see a view meets it in no answer.
import type { ContactFilter } from "../../../shared/contracts/contact-filter.ts";
import type { ContactView } from "../../../shared/contracts/contact-views.ts";
import type { Sql } from "../../../shared/db/knex.ts";
import { bind } from "../../../shared/lib/bind.ts";

interface Row {
  readonly id: string;
  readonly name: string;
  readonly filters: ContactFilter;
  readonly shared: boolean;
  readonly own: boolean;
  readonly created_at: Date;
  readonly updated_at: Date;
}

const toView = ({ created_at, updated_at, ...row }: Row): ContactView => ({
  ...row,
  createdAt: created_at.toISOString(),
  updatedAt: updated_at.toISOString(),
});

const columns = "id, name, filters, shared, created_at, updated_at, owner_id is not distinct from ?::uuid as own";
type User = string | undefined;

/** A view that the user may see, or undefined. */
export const findView = async (sql: Sql, id: string, user: User): Promise<ContactView | undefined> => {
  const { rows } = await sql.raw<{ rows: Row[] }>(
    `select ${columns} from contacts.contact_views where id = ?::uuid and (shared or owner_id is not distinct from ?::uuid)`,
    bind(user, id, user),
  );
  return rows[0] && toView(rows[0]);
};

/** Views that the user may see by name, after the given name and id; at most `limit`. */
export const viewsOf = async (
  sql: Sql,
  user: User,
  page: { readonly limit: number; readonly after?: readonly [name: string, id: string] | undefined },
): Promise<readonly ContactView[]> => {
  const [name, id] = page.after ?? [];
  const { rows } = await sql.raw<{ rows: Row[] }>(
    `select ${columns} from contacts.contact_views
     where (shared or owner_id is not distinct from ?::uuid)
       and (?::text is null or (lower(name), id) > (lower(?::text), ?::uuid)) order by lower(name), id limit ?`,
    bind(user, user, name, name, id, page.limit),
  );
  return rows.map(toView);
};

interface Fields {
  readonly name?: string | undefined;
  readonly filters?: ContactFilter | undefined;
  readonly shared?: boolean | undefined;
}

/** Inserts a view. A name that the user has given before surfaces as a violation of contact_views_name. */
export const insertView = async (sql: Sql, id: string, user: User, given: Required<Fields>): Promise<void> => {
  await sql.raw(
    "insert into contacts.contact_views (id, owner_id, name, filters, shared) values (?::uuid, ?::uuid, ?::text, ?::jsonb, ?::boolean)",
    bind(id, user, given.name, JSON.stringify(given.filters ?? {}), given.shared ?? false),
  );
};

/** Changes what is given of the user's own view. False when there is none. */
export const changeView = async (sql: Sql, id: string, user: User, given: Fields): Promise<boolean> => {
  const { rowCount } = await sql.raw<{ rowCount: number }>(
    `update contacts.contact_views set name = coalesce(?::text, name), filters = coalesce(?::jsonb, filters),
       shared = coalesce(?::boolean, shared), updated_at = now()
     where id = ?::uuid and owner_id is not distinct from ?::uuid`,
    bind(given.name, given.filters && JSON.stringify(given.filters), given.shared, id, user),
  );
  return rowCount > 0;
};

/** Deletes the user's own view. False when there is none. */
export const deleteView = async (sql: Sql, id: string, user: User): Promise<boolean> => {
  const { rowCount } = await sql.raw<{ rowCount: number }>(
    "delete from contacts.contact_views where id = ?::uuid and owner_id is not distinct from ?::uuid",
    bind(id, user),
  );
  return rowCount > 0;
};
