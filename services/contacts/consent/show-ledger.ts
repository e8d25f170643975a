// Shows what a contact agreed to and took back, newest first. Also for a contact that was deleted: it is evidence.
import type { z } from "zod";
import type { Deps } from "../../../shared/broker/deps.ts";
import { type LedgerEntry, readLedger } from "../../../shared/consent/consents.ts";
import type { consent } from "../../../shared/contracts/consent.ts";
import { idOfCursor, pageById } from "../../../shared/db/id-page.ts";
import { livedIn } from "../communities/store.ts";
import { contactNotFound, getContact } from "../contacts/get-contact.ts";

/** One page of the ledger. Throws CONTACT_NOT_FOUND when nothing is known of such a contact. */
export const showLedger = async (
  deps: Deps,
  params: z.output<typeof consent.actions.ledger.params>,
): Promise<{ data: LedgerEntry[]; nextCursor: string | null }> => {
  // Of a contact that was deleted, too, but only to whoever saw it.
  if (deps.scope && !(await livedIn(deps.db, params.id, deps.scope.communities))) throw contactNotFound(params.id);
  const rows = await readLedger(deps.db, params.id, { limit: params.limit + 1, before: idOfCursor(params.cursor) });
  if (rows.length === 0) await getContact(deps, params);
  return pageById(rows, params.limit);
};
