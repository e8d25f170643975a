// Shows what a rule finds before anybody relies on it: how many, who for example, and the rule in words.
import type { Deps } from "../../../shared/broker/deps.ts";
import type { Contact } from "../../../shared/contracts/contacts.ts";
import { heavyRead } from "../../../shared/db/heavy-read.ts";
import { ruleSentence } from "../../../shared/lib/segment-rule.ts";
import { toContact } from "../contacts/contact-row.ts";
import { countContacts, listContacts } from "../contacts/store.ts";
import { compileOrFail } from "./compile-segment.ts";

/** Throws SEGMENT_RULE_INVALID. `sample` is how many contacts to show, the newest first. */
export const previewSegment = async (
  deps: Deps,
  params: { readonly rule: unknown; readonly sample: number },
): Promise<{ count: number; sample: Contact[]; sentence: string }> => {
  const rule = compileOrFail(deps, params.rule);
  const [count, sample] = await Promise.all([
    heavyRead(deps.db, (trx) => countContacts(trx, { rule, within: deps.scope })),
    params.sample > 0
      ? heavyRead(deps.db, (trx) => listContacts(trx, { rule, within: deps.scope, limit: params.sample }))
      : [],
  ]);
  return { count, sample: sample.map(toContact), sentence: ruleSentence(params.rule) };
};
