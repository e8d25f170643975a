// Reads one contact.
import type { Deps } from "../../../shared/broker/deps.ts";
import type { Contact } from "../../../shared/contracts/contacts.ts";
import { type CatalogueError, fail } from "../../../shared/contracts/errors.ts";
import type { Sql } from "../../../shared/db/knex.ts";
import type { Scope } from "../../../shared/lib/scope.ts";
import { toContact } from "./contact-row.ts";
import { findContact } from "./store.ts";

/** The error for an id that no live contact has. */
export const contactNotFound = (id: string): CatalogueError =>
  fail("CONTACT_NOT_FOUND", `No contact has the id ${id}. It may have been deleted.`);

/** The contact as seen by a connection or transaction. Throws CONTACT_NOT_FOUND. */
export const readContact = async (sql: Sql, id: string, scope: Scope): Promise<Contact> => {
  const row = await findContact(sql, id, scope);
  if (!row) throw contactNotFound(id);
  return toContact(row);
};

/** The contact. Throws CONTACT_NOT_FOUND, also for one of a community that the caller does not see. */
export const getContact = (deps: Deps, { id }: { readonly id: string }): Promise<Contact> =>
  readContact(deps.db, id, deps.scope);
