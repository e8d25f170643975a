// The community of a contact that is made or changed: one of those that the caller sees. Any other is refused in the
// words for one that does not exist.
import { type CatalogueError, fail } from "../../../shared/contracts/errors.ts";
import { includes, type Scope } from "../../../shared/lib/scope.ts";
import type { ContactColumns } from "./contact-input.ts";

/** The error for a community that is not there, or not there for the caller. `path` is its field. */
export const noCommunity = (id: string | undefined, path = "communityId"): CatalogueError =>
  fail("VALIDATION_FAILED", `${path}: there is no community ${id}`, {
    errors: [{ path, message: "found an id that no community has; expected one of GET /communities" }],
  });

/** The error for a community that must be named, because the caller sees several. */
const whichCommunity = () =>
  fail("VALIDATION_FAILED", "communityId: is missing; you see several communities, so say which one it is for", {
    errors: [{ path: "communityId", message: "is missing; you see several communities, so say which one it is for" }],
  });

/**
 * The columns with a community within the scope. For a new contact of somebody who sees one community it is that one.
 * Throws VALIDATION_FAILED.
 */
export const atHome = (columns: ContactColumns, scope: Scope, isNew: boolean): ContactColumns => {
  if (scope === undefined) return columns;
  const { community_id: given } = columns;
  if (given !== undefined) {
    if (!includes(scope, given)) throw noCommunity(given);
    return columns;
  }
  if (!isNew) return columns;
  const [only, ...others] = scope.communities;
  if (only === undefined || others.length > 0) throw whichCommunity();
  return { ...columns, community_id: only };
};
