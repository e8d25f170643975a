// One page of the sandbox's mailbox, parsed. A page holds at most 16 MB of mail, however many were asked for, because
// it travels over Redis; the cursor leads to the rest. Parsing lets the SMTP server have its turn every few mails.
import { setImmediate as nextTurn } from "node:timers/promises";
import type { z } from "zod";
import type { Caller } from "../../shared/broker/context.ts";
import { cursorInvalid } from "../../shared/contracts/errors.ts";
import type { ActionResult } from "../../shared/contracts/index.ts";
import type { sandbox } from "../../shared/contracts/sandbox.ts";
import { confidentialHeader } from "../../shared/messaging/confidential.ts";
import type { MailEntry } from "./mail-index.ts";
import type { MailStore } from "./mail-store.ts";
import { readMail } from "./read-mail.ts";
import { type MailQuestion, type MailSelection, selectMail } from "./select-mail.ts";

type Params = z.output<typeof sandbox.actions.listMail.params>;
type Page = ActionResult<"sandbox.listMail">;
type Mail = Page["data"][number];

const pageBytes = 16 * 1024 * 1024;
const turnMs = 5;

const hidden = "This mail carries a link into an account. Only people with the ability admin may read it here.";

/** True when this caller may read every mail. Calls from within have no caller. */
export const mayReadAll = (caller: Caller | undefined): boolean => !caller || caller.abilities.includes("admin");

/** The mail as the API shows it: of a confidential one without what it says, unless the caller may read all. */
export const present = async (entry: MailEntry, raw: Buffer, readsAll: boolean): Promise<Mail> => {
  const { subject, headers, ...parts } = await readMail(raw);
  const { html, text } = readsAll || !headers[confidentialHeader] ? parts : { html: "", text: hidden };
  const [only = "", ...others] = entry.to;
  return {
    id: String(entry.id),
    to: others.length === 0 ? only : [...entry.to],
    from: entry.from,
    subject,
    headers,
    html,
    text,
    receivedAt: entry.receivedAt,
  };
};

const withinBytes = (entries: readonly MailEntry[]): readonly MailEntry[] => {
  let bytes = 0;
  const end = entries.findIndex((entry) => {
    bytes += entry.length;
    return bytes > pageBytes;
  });
  return end < 0 ? entries : entries.slice(0, Math.max(1, end));
};

/** `clear` puts a new index in place of the one that was asked: then the question is asked again. */
const ask = async (store: MailStore, question: MailQuestion): Promise<MailSelection> => {
  const index = store.index();
  try {
    return await selectMail(index, question);
  } catch (error) {
    if (store.index() === index) throw error;
    return ask(store, question);
  }
};

/**
 * Lists mails. Answers the page, how many match in all, and the cursor of the next page (null after the last). Mails
 * with a key to an account say so instead of their text, unless the caller may read all.
 * Fails with CURSOR_INVALID for a cursor that no page gave out.
 */
export const listMail = async (
  { store }: { readonly store: MailStore },
  params: Params,
  caller?: Caller,
): Promise<Page> => {
  const { to, q, cursor, limit, order } = params;
  if (cursor !== undefined && !/^\d{1,15}$/.test(cursor)) throw cursorInvalid();
  const after = cursor === undefined ? undefined : Number(cursor);
  const selection = await ask(store, { to, q, after, limit, order });
  const entries = withinBytes(selection.entries);
  const data: Mail[] = [];
  let at = 0;
  let turnEnds = performance.now() + turnMs;
  for await (const raw of store.raw(entries)) {
    const entry = entries[at++];
    if (entry && raw) data.push(await present(entry, raw, mayReadAll(caller)));
    if (performance.now() > turnEnds) {
      await nextTurn();
      turnEnds = performance.now() + turnMs;
    }
  }
  const more = selection.more || entries.length < selection.entries.length;
  const lastId = entries.at(-1)?.id;
  return { data, nextCursor: more && lastId !== undefined ? String(lastId) : null, total: selection.total };
};
