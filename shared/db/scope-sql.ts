// A person's limit as a condition of a statement, in the three forms that there are. Without a limit the conditions are
// empty, and the SQL is what it was.
import type { Scope } from "../lib/scope.ts";

/** A condition that begins with `and`, and what it binds; both empty without a limit. */
export interface ScopeSql {
  readonly sql: string;
  readonly values: readonly string[][];
}

const open: ScopeSql = { sql: "", values: [] };

/** Rows that belong to one community: `column` is one of the person's. */
export const homeSql = (scope: Scope, column: string): ScopeSql =>
  scope ? { sql: ` and ${column} = any(?::uuid[])`, values: [[...scope.communities]] } : open;

/** Rows made for some communities: all of them are the person's. Rows for everybody (null) are not. */
export const ownedSql = (scope: Scope, column: string): ScopeSql =>
  scope ? { sql: ` and ${column} <@ ?::uuid[]`, values: [[...scope.communities]] } : open;

/** Rows with a contact: it lives, or lived until it was deleted, in one of the person's communities. */
export const personSql = (scope: Scope, contactId: string): ScopeSql =>
  scope
    ? {
        sql: ` and exists (select 1 from contacts.v_homes h where h.id = ${contactId} and h.community_id = any(?::uuid[]))`,
        values: [[...scope.communities]],
      }
    : open;
