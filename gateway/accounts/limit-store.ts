// SQL of the communities that people are limited to.
import { query, type Sql } from "../../shared/db/knex.ts";

/** The column `communities` as it counts: owners see everything, whatever stands there. `at` is the table's alias with a dot. */
export const limit = (at: string): string =>
  `case when ${at}role = 'owner' then null else ${at}communities end as communities`;

/** Communities by name, those of the ids that exist. */
export const namesOf = (sql: Sql, ids: readonly string[]): Promise<{ id: string; name: string }[]> =>
  query(sql, "select id, name from contacts.v_communities where id = any(?::uuid[]) order by lower(name)", [[...ids]]);
