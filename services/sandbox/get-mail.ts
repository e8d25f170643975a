// One mail of the sandbox with its source.

import type { Caller } from "../../shared/broker/context.ts";
import { fail } from "../../shared/contracts/errors.ts";
import type { ActionResult } from "../../shared/contracts/index.ts";
import { confidentialHeader } from "../../shared/messaging/confidential.ts";
import { mayReadAll, present } from "./list-mail.ts";
import type { MailStore } from "./mail-store.ts";

/** More source than this is not shown: it travels over Redis and ends in a browser. */
const largestSource = 2 * 1024 * 1024;

/** Ends the generator too, which closes its file. */
const firstOf = async <T>(values: AsyncGenerator<T>): Promise<T | undefined> => {
  for await (const value of values) return value;
  return undefined;
};

/** Answers the mail with that id; of a confidential one neither text nor source unless the caller may read all. Fails with NOT_FOUND when the mailbox does not hold it (any more). */
export const getMail = async (
  { store }: { readonly store: MailStore },
  { id }: { readonly id: string },
  caller?: Caller,
): Promise<ActionResult<"sandbox.getMail">> => {
  const index = store.index();
  const ordinal = Number(id) - index.firstId;
  const [entry] = ordinal >= 0 && ordinal < index.count() ? await index.range(ordinal, ordinal + 1) : [];
  const raw = entry && (await firstOf(store.raw([entry])));
  if (!entry || !raw) throw fail("NOT_FOUND", `The mailbox holds no mail ${id}; list the mails to see which it holds`);
  const mail = await present(entry, raw, mayReadAll(caller));
  const hides = mail.headers[confidentialHeader] !== undefined && !mayReadAll(caller);
  return {
    ...mail,
    raw: hides ? mail.text : raw.toString("utf8", 0, largestSource),
    size: raw.length,
    rawTruncated: raw.length > largestSource,
  };
};
