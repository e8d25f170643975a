// Which mails of the mailbox a question is about: by recipient, by a word, by place. Answers with index entries only,
// so that a page costs the reading of its own mails and no others.
import { type MailEntry, type MailIndex, normaliseAddress } from "./mail-index.ts";

export interface MailQuestion {
  /** Exact recipient address, any case. */
  readonly to?: string | undefined;
  /** Part of a recipient, the sender or the subject, any case. */
  readonly q?: string | undefined;
  /** Id of the last mail of the page before. */
  readonly after?: number | undefined;
  readonly limit: number;
  readonly order: "asc" | "desc";
}

export interface MailSelection {
  /** How many mails match, on this page and all others. */
  readonly total: number;
  readonly entries: readonly MailEntry[];
  /** True when further mails match after these. */
  readonly more: boolean;
}

const isTo = (entry: MailEntry, address: string) => entry.to.some((to) => normaliseAddress(to) === address);

const mentions = (entry: MailEntry, needle: string) =>
  entry.subject.toLowerCase().includes(needle) ||
  entry.from.toLowerCase().includes(needle) ||
  entry.to.some((to) => to.toLowerCase().includes(needle));

/** Ordinals, ascending, of the mails that match a question with a filter. */
const matching = async (index: MailIndex, to: string | undefined, q: string | undefined): Promise<number[]> => {
  const found: number[] = [];
  const needle = q?.toLowerCase();
  const consider = (ordinal: number, entry: MailEntry) => {
    if ((to === undefined || isTo(entry, to)) && (!needle || mentions(entry, needle))) found.push(ordinal);
  };
  if (to === undefined) {
    for await (const [ordinal, entry] of index.scan()) consider(ordinal, entry);
  } else {
    for (const ordinal of index.mayBeTo(to)) {
      const [entry] = await index.range(ordinal, ordinal + 1);
      if (entry) consider(ordinal, entry);
    }
  }
  return found;
};

/** Answers a question about the mailbox; mails come in order of arrival, or the newest first with `desc`. */
export const selectMail = async (index: MailIndex, question: MailQuestion): Promise<MailSelection> => {
  const { q, after, limit, order } = question;
  const to = question.to === undefined ? undefined : normaliseAddress(question.to);
  const place = after === undefined ? undefined : after - index.firstId;
  const ascending = order === "asc";

  if (to === undefined && !q) {
    const total = index.count();
    const from = ascending ? Math.max(0, (place ?? -1) + 1) : Math.max(0, Math.min(place ?? total, total) - limit);
    const until = ascending ? Math.min(total, from + limit) : Math.max(0, Math.min(place ?? total, total));
    const entries = await index.range(from, until);
    return ascending ? { total, entries, more: until < total } : { total, entries: entries.reverse(), more: from > 0 };
  }

  const found = await matching(index, to, q);
  const ahead = found.filter((ordinal) => place === undefined || (ascending ? ordinal > place : ordinal < place));
  if (!ascending) ahead.reverse();
  const entries: MailEntry[] = [];
  for (const ordinal of ahead.slice(0, limit)) entries.push(...(await index.range(ordinal, ordinal + 1)));
  return { total: found.length, entries, more: ahead.length > limit };
};
