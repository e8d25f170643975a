// Whether mails that arrived are the ones that were to be sent: right name and city, three links of their own to every
// person, one-click unsubscribe, and nobody twice. Parses every mail in full.
import { simpleParser } from "mailparser";
import { recipient, recipientNumber, subjectStart } from "./content.ts";

export interface CheckResult {
  readonly mails: number;
  readonly people: number;
  /** Mails beyond the first to the same person. */
  readonly doubled: number;
  /** Recipients that got none. */
  readonly lost: number;
  readonly wrong: number;
  /** The first few things that were wrong, in words. */
  readonly examples: readonly string[];
}

const escapeHtml = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
/** Apostrophes may be written in several ways; all are right. */
const plainApostrophes = (text: string) => text.replace(/&#39;|&#x27;|&apos;/gi, "'");

/** Checks mails to the first `recipients` people, whose links must start with `linkPrefix`. */
export const createMailCheck = (recipients: number, linkPrefix: string) => {
  const seen = new Uint8Array(recipients);
  const links = new Set<string>();
  const messageIds = new Set<string>();
  const examples: string[] = [];
  let mails = 0;
  let doubled = 0;
  let wrong = 0;

  const faultOf = async (to: string, raw: Buffer): Promise<string | undefined> => {
    const number = recipientNumber(to);
    if (number === undefined || number >= recipients) return `${to} was not to get a mail`;
    if (seen[number]) doubled += 1;
    seen[number] = 1;
    const { firstName, city } = recipient(number);
    const mail = await simpleParser(raw, { skipHtmlToText: true, skipTextToHtml: true, skipTextLinks: true });
    const shown = plainApostrophes(mail.html || "");
    if (mail.subject !== `${subjectStart}${firstName}`) return `${to}: the subject is "${mail.subject}"`;
    if (!shown.includes(`Hallo ${escapeHtml(firstName)}!`)) return `${to}: the HTML does not greet ${firstName}`;
    if (!shown.includes(`in ${city}, `)) return `${to}: the HTML does not name ${city}`;
    if (!mail.text?.includes(`Hallo ${firstName}!`)) return `${to}: the text does not greet ${firstName}`;
    const own = [...shown.matchAll(/href="([^"]+)"/g)]
      .map((match) => match[1] ?? "")
      .filter((href) => href.startsWith(linkPrefix));
    if (new Set(own).size !== 3) return `${to}: ${own.length} tracked links instead of 3`;
    for (const link of own) {
      if (links.has(link)) return `${to}: the link ${link} was in another mail already`;
      links.add(link);
    }
    const header = (name: string) => mail.headerLines.find((line) => line.key === name)?.line ?? "";
    if (!header("list-unsubscribe").includes("<http") || !header("list-unsubscribe-post").includes("One-Click")) {
      return `${to}: no one-click unsubscribe`;
    }
    if (!mail.messageId || messageIds.has(mail.messageId))
      return `${to}: the message id ${mail.messageId} is not its own`;
    messageIds.add(mail.messageId);
    return undefined;
  };

  return {
    add: async (to: string, raw: Buffer): Promise<void> => {
      mails += 1;
      const fault = await faultOf(to, raw);
      if (!fault) return;
      wrong += 1;
      if (examples.length < 5) examples.push(fault);
    },
    result: (): CheckResult => {
      const people = seen.reduce((sum, one) => sum + one, 0);
      return { mails, people, doubled, lost: recipients - people, wrong, examples };
    },
  };
};
