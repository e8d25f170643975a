// Takes away what was recorded about the people of the sample workspace. They are nobody, so nothing of it is evidence;
// for everybody else the ledger is only ever added to.
import { query, type Trx } from "../db/knex.ts";

/** Deletes consent and its ledger of these contacts, and suppressions of these addresses. */
export const forgetSamplePeople = async (
  trx: Trx,
  contactIds: readonly string[],
  emails: readonly string[],
): Promise<void> => {
  await query(trx, "delete from consent.consents where contact_id = any(?::uuid[])", [[...contactIds]]);
  await query(trx, "delete from consent.current where contact_id = any(?::uuid[])", [[...contactIds]]);
  await query(trx, "delete from consent.suppressions where channel = 'email' and address = any(?)", [[...emails]]);
};
