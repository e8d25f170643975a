// Whose data a call may touch. A person limited to some communities carries them in every call; the stores turn them
// into conditions of these few forms. Without a limit the conditions are empty, and the SQL is what it was.

/** The limit of one person. */
export interface Limit {
  /** Ids, at least one. */
  readonly communities: readonly string[];
  /** The person's own email: mail to themselves is theirs whatever the community. */
  readonly ownAddress: string;
}

/** Undefined: everything. */
export type Scope = Limit | undefined;

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

/** What a new object of this person is for: their communities, or null for everybody. */
export const communitiesOf = (scope: Scope): string[] | null => (scope ? [...scope.communities] : null);

/** True when a community is within the scope. */
export const includes = (scope: Scope, communityId: string): boolean =>
  scope === undefined || scope.communities.includes(communityId);

/** True when what was made for these communities (null: everybody) is within the scope. */
export const covers = (scope: Scope, communities: readonly string[] | null): boolean =>
  scope === undefined || communities?.every((id) => scope.communities.includes(id)) === true;
