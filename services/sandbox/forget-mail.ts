// Blanks the mails of an erased person. Each is overwritten where it lies, by as many bytes: a kill half-way leaves the
// mailbox whole, and the next run blanks the rest. The mail's bytes go first, the index line that leads to them last.
import type { FileHandle } from "node:fs/promises";
import { writeFully } from "./file-access.ts";
import { type MailIndex, normaliseAddress } from "./mail-index.ts";

const notice = "Subject: (erased)\r\n\r\nThe recipient of this mail was erased.\r\n";

/** As many bytes as the mail had: a notice where it fits, blanks. */
const blanked = (length: number): Buffer => Buffer.from((length >= notice.length ? notice : "").padEnd(length));

/** Blanks every mail to one of the addresses. Answers how many there were. */
export const forgetMail = async (
  index: MailIndex,
  addresses: readonly string[],
  openSegment: (segment: number) => Promise<FileHandle>,
): Promise<number> => {
  const wanted = new Set(addresses.map(normaliseAddress));
  let forgotten = 0;
  for (const ordinal of new Set([...wanted].flatMap((address) => index.mayBeTo(address)))) {
    const [entry] = await index.range(ordinal, ordinal + 1);
    if (!entry?.to.some((to) => wanted.has(normaliseAddress(to)))) continue;
    const segment = await openSegment(entry.segment);
    try {
      await writeFully(segment, blanked(entry.length), entry.offset);
    } finally {
      await segment.close();
    }
    await index.blank(ordinal);
    forgotten += 1;
  }
  return forgotten;
};
