// SQL of stored segments.
import type { Sql } from "../../../shared/db/knex.ts";
import { bind } from "../../../shared/lib/bind.ts";

/** The rule of a segment, or undefined when there is none. */
export const findRule = async (sql: Sql, id: string): Promise<unknown> => {
  const { rows } = await sql.raw<{ rows: { rule: unknown }[] }>(
    "select rule from contacts.segments where id = ?::uuid",
    bind(id),
  );
  return rows[0]?.rule;
};
