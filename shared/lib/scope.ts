// Whose data a call may touch. A person limited to some communities carries them in every call; the stores turn them
// into conditions (shared/db/scope-sql.ts).

/** The limit of one person. */
export interface Limit {
  /** Ids, at least one. */
  readonly communities: readonly string[];
  /** The person's own email: mail to themselves is theirs whatever the community. */
  readonly ownAddress: string;
}

/** Undefined: everything. */
export type Scope = Limit | undefined;

/** What a new object of this person is for: their communities, or null for everybody. */
export const communitiesOf = (scope: Scope): string[] | null => (scope ? [...scope.communities] : null);

/** True when a community is within the scope. */
export const includes = (scope: Scope, communityId: string): boolean =>
  scope === undefined || scope.communities.includes(communityId);

/** True when what was made for these communities (null: everybody) is within the scope. */
export const covers = (scope: Scope, communities: readonly string[] | null): boolean =>
  scope === undefined || communities?.every((id) => scope.communities.includes(id)) === true;
