// What the gateway keeps of an erased person: answers to repeated requests, and words in the audit log.
import type { Deps } from "../../shared/broker/deps.ts";
import { anyWord } from "../../shared/lib/person-words.ts";
import { audit } from "../audit/store.ts";
import { erasureNoted, forgetPerson } from "./forget-store.ts";

export interface Forgotten {
  readonly contactIds: readonly string[];
  readonly words: readonly string[];
  readonly requestedBy: string | null;
}

/** Takes the person out, and writes into the audit log that somebody was erased, once. */
export const forget = async (deps: Deps, { contactIds, words, requestedBy }: Forgotten): Promise<{ ok: true }> => {
  await deps.db.transaction(async (trx) => {
    await forgetPerson(trx, { contactIds, words: anyWord(words), jsonWords: anyWord(words, true) });
    const [contactId] = contactIds;
    if (contactId !== undefined && !(await erasureNoted(trx, contactId)))
      await audit(trx, {
        id: deps.id(),
        event: "contact.erased",
        userId: requestedBy ?? undefined,
        objectId: contactId,
      });
  });
  return { ok: true };
};
