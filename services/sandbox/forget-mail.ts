// Blanks the mails of an erased person. Each is overwritten where it lies, by as many bytes: a kill half-way leaves the
// mailbox whole, and the next run blanks the rest. The mail's bytes go first, the index line that leads to them last.
import type { FileHandle } from "node:fs/promises";
import { readFully, writeFully } from "./file-access.ts";
import { type MailIndex, normaliseAddress } from "./mail-index.ts";

const notice = "Subject: (erased)\r\n\r\nThe recipient of this mail was erased.\r\n";

/** As many bytes as the mail had: a notice where it fits, blanks. */
const blanked = (length: number): Buffer => Buffer.from((length >= notice.length ? notice : "").padEnd(length));

/** A mail by its recipient and the message that it carries. */
export interface SingleMail {
  readonly address: string;
  readonly messageId: string;
}

export interface Forgotten {
  /** Every mail to these. */
  readonly addresses: readonly string[];
  /** And these, whoever got them. */
  readonly mails: readonly SingleMail[];
}

/** Blanks mails. Answers how many there were. */
export const forgetMail = async (
  index: MailIndex,
  { addresses, mails }: Forgotten,
  openSegment: (segment: number) => Promise<FileHandle>,
): Promise<number> => {
  const wanted = new Set(addresses.map(normaliseAddress));
  const singles = Map.groupBy(mails, ({ address }) => normaliseAddress(address));
  let forgotten = 0;
  for (const ordinal of new Set([...wanted, ...singles.keys()].flatMap((address) => index.mayBeTo(address)))) {
    const [entry] = await index.range(ordinal, ordinal + 1);
    const to = entry?.to.map(normaliseAddress) ?? [];
    const all = to.some((address) => wanted.has(address));
    const some = to.flatMap((address) => singles.get(address) ?? []);
    if (!entry || (!all && some.length === 0)) continue;
    const segment = await openSegment(entry.segment);
    try {
      const raw = all ? undefined : await readFully(segment, entry.length, entry.offset);
      if (!all && !some.some(({ messageId }) => raw?.includes(`<${messageId}@`))) continue;
      await writeFully(segment, blanked(entry.length), entry.offset);
    } finally {
      await segment.close();
    }
    await index.blank(ordinal);
    forgotten += 1;
  }
  return forgotten;
};
