// One mail of the sandbox with its source.

import { fail } from "../../shared/contracts/errors.ts";
import type { ActionResult } from "../../shared/contracts/index.ts";
import { present } from "./list-mail.ts";
import type { MailStore } from "./mail-store.ts";

/** More source than this is not shown: it travels over Redis and ends in a browser. */
const largestSource = 2 * 1024 * 1024;

/** Ends the generator too, which closes its file. */
const firstOf = async <T>(values: AsyncGenerator<T>): Promise<T | undefined> => {
  for await (const value of values) return value;
  return undefined;
};

/** Answers the mail with that id. Fails with NOT_FOUND when the mailbox does not hold it (any more). */
export const getMail = async (
  { store }: { readonly store: MailStore },
  { id }: { readonly id: string },
): Promise<ActionResult<"sandbox.getMail">> => {
  const index = store.index();
  const ordinal = Number(id) - index.firstId;
  const [entry] = ordinal >= 0 && ordinal < index.count() ? await index.range(ordinal, ordinal + 1) : [];
  const raw = entry && (await firstOf(store.raw([entry])));
  if (!entry || !raw) throw fail("NOT_FOUND", `The mailbox holds no mail ${id}; list the mails to see which it holds`);
  return {
    ...(await present(entry, raw)),
    raw: raw.toString("utf8", 0, largestSource),
    size: raw.length,
    rawTruncated: raw.length > largestSource,
  };
};
