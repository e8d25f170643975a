// Turns what Postgres refuses about a contact into an error that names the field and the contact that is in the way.
import type { Deps } from "../../../shared/broker/deps.ts";
import { fail } from "../../../shared/contracts/errors.ts";
import { isDuplicate } from "../../../shared/db/knex.ts";
import { noCommunity } from "./at-home.ts";
import type { ContactColumns } from "./contact-input.ts";
import { findHolder } from "./store.ts";

const uniques = [
  { index: "contacts_email", column: "email", path: "email" },
  { index: "contacts_phone", column: "phone", path: "phone" },
  { index: "contacts_external", column: "external_id", path: "externalId" },
] as const;

/**
 * The error to throw instead of `error`: CONTACT_EXISTS (409) with `field` and `existingId` in its data, a wrong
 * community as 422, or `error` itself. It looks outside the transaction that failed, and names
 * nobody whom the caller does not see.
 */
export const contactConflict = async (
  { db, scope }: Pick<Deps, "db" | "scope">,
  error: unknown,
  given: ContactColumns,
): Promise<unknown> => {
  const unique = uniques.find(({ index }) => isDuplicate(error, index));
  const value = unique && given[unique.column];
  if (unique && value) {
    const existingId = await findHolder(db, unique.column, value, scope);
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
    return noCommunity(given.community_id);
  return error;
};
