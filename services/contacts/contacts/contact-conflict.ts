// Turns what Postgres refuses about a contact into an error that names the field and the contact that is in the way.
import { fail } from "../../../shared/contracts/errors.ts";
import { isDuplicate, type Sql } from "../../../shared/db/knex.ts";
import type { ContactColumns } from "./contact-input.ts";
import { findHolder } from "./store.ts";

const uniques = [
  { index: "contacts_email", column: "email", path: "email" },
  { index: "contacts_phone", column: "phone", path: "phone" },
  { index: "contacts_external", column: "external_id", path: "externalId" },
] as const;

/**
 * The error to throw instead of `error`: CONTACT_EXISTS (409) with `field` and `existingId` in its data, a wrong
 * community as 422, or `error` itself. `sql` must be outside the transaction that failed.
 */
export const contactConflict = async (sql: Sql, error: unknown, given: ContactColumns): Promise<unknown> => {
  const unique = uniques.find(({ index }) => isDuplicate(error, index));
  const value = unique && given[unique.column];
  if (unique && value) {
    const existingId = await findHolder(sql, unique.column, value);
    const who = existingId ? `contact ${existingId}` : "another contact";
    return fail(
      "CONTACT_EXISTS",
      `${unique.path} is already used by ${who}. Change that contact instead, or give another ${unique.path}.`,
      {
        errors: [{ path: unique.path, message: `is already used by ${who}` }],
        field: unique.path,
        ...(existingId ? { existingId } : {}),
      },
    );
  }
  if ((error as { constraint?: string }).constraint === "contacts_community_id_fkey")
    return fail("VALIDATION_FAILED", `communityId: there is no community ${given.community_id}`, {
      errors: [{ path: "communityId", message: "found an id that no community has; expected one of GET /communities" }],
    });
  return error;
};
