// SQL of saved views. Whoever may not see a view meets it in no answer.
import type { ContactFilter } from "../../../shared/contracts/contact-filter.ts";
import type { ContactView } from "../../../shared/contracts/contact-views.ts";
import type { Sql } from "../../../shared/db/knex.ts";
import { bind } from "../../../shared/lib/bind.ts";
import type { Scope } from "../../../shared/lib/scope.ts";

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

/**
 * What of other people's shared views somebody sees who is limited: those made by people of the same communities
 * or by people who see all, as far as they name neither another community nor a segment of one. Empty without a limit.
 */
const sharedWithin = (scope: Scope): { readonly sql: string; readonly values: readonly string[][] } =>
  scope
    ? {
        sql: ` and coalesce(communities <@ ?::uuid[], true) and coalesce(filters ->> 'communityId' = any(?::text[]), true)
          and (filters ->> 'segmentId' is null or exists (
            select 1 from contacts.segments s where s.id = (filters ->> 'segmentId')::uuid
              and coalesce(s.communities <@ ?::uuid[], true)))`,
        values: [[...scope.communities], [...scope.communities], [...scope.communities]],
      }
    : { sql: "", values: [] };

/** A view that the user may see, or undefined. */
export const findView = async (sql: Sql, id: string, user: User, scope: Scope): Promise<ContactView | undefined> => {
  const within = sharedWithin(scope);
  const { rows } = await sql.raw<{ rows: Row[] }>(
    `select ${columns} from contacts.contact_views where id = ?::uuid and ((shared${within.sql}) or owner_id is not distinct from ?::uuid)`,
    bind(user, id, ...within.values, user),
  );
  return rows[0] && toView(rows[0]);
};

/** Views that the user may see by name, after the given name and id; at most `limit`. */
export const viewsOf = async (
  sql: Sql,
  user: User,
  page: {
    readonly limit: number;
    readonly after?: readonly [name: string, id: string] | undefined;
    readonly scope: Scope;
  },
): Promise<readonly ContactView[]> => {
  const within = sharedWithin(page.scope);
  const [name, id] = page.after ?? [];
  const { rows } = await sql.raw<{ rows: Row[] }>(
    `select ${columns} from contacts.contact_views
     where ((shared${within.sql}) or owner_id is not distinct from ?::uuid)
       and (?::text is null or (lower(name), id) > (lower(?::text), ?::uuid)) order by lower(name), id limit ?`,
    bind(user, ...within.values, user, name, name, id, page.limit),
  );
  return rows.map(toView);
};

interface Fields {
  readonly name?: string | undefined;
  readonly filters?: ContactFilter | undefined;
  readonly shared?: boolean | undefined;
}

/** Inserts a view. A name that the user has given before surfaces as a violation of contact_views_name. */
export const insertView = async (
  sql: Sql,
  id: string,
  user: User,
  given: Required<Fields> & { readonly communities: readonly string[] | null },
): Promise<void> => {
  await sql.raw(
    "insert into contacts.contact_views (id, owner_id, name, filters, shared, communities) values (?::uuid, ?::uuid, ?::text, ?::jsonb, ?::boolean, ?::uuid[])",
    bind(
      ...[id, user, given.name, JSON.stringify(given.filters ?? {}), given.shared ?? false],
      given.communities ?? undefined,
    ),
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

/** Views that filter by a segment and that the user may see. */
export const viewsUsing = async (
  sql: Sql,
  segmentId: string,
  user: User,
  scope: Scope,
): Promise<readonly { readonly id: string; readonly name: string }[]> => {
  const within = sharedWithin(scope);
  const { rows } = await sql.raw<{ rows: { id: string; name: string }[] }>(
    `select id, name from contacts.contact_views
     where filters ->> 'segmentId' = ?::text and ((shared${within.sql}) or owner_id is not distinct from ?::uuid)
     order by lower(name) limit 100`,
    bind(segmentId, ...within.values, user),
  );
  return rows;
};
