// MIME laid out once per campaign: nodemailer composes a mail with markers, and per person only the holes are encoded.
// Guarantees: 7-bit output, quoted-printable bodies (RFC 2045), encoded subject (RFC 2047), no header injection.
import MailComposer from "nodemailer/lib/mail-composer";
import { encodeWords, foldLines } from "nodemailer/lib/mime-funcs";
import { encode, wrap } from "nodemailer/lib/qp";
import type { Compiled, CompiledContent, Hole } from "../../shared/messaging/compile.ts";
import { confidentialHeader } from "../../shared/messaging/confidential.ts";
import { fill, holeValue, type LinkTo, type Values } from "../../shared/messaging/fill.ts";

export interface MailFrame {
  /** `Name <address>`, one mailbox. */
  readonly from: { readonly name: string; readonly address: string };
  readonly replyTo: string | undefined;
  /** True: List-Unsubscribe and List-Unsubscribe-Post are laid out (RFC 8058). */
  readonly bulk: boolean;
  /** True: the mail says of itself that only its recipient may read it. */
  readonly confidential?: boolean;
}

/** What differs per person besides the merge fields. */
export interface MailFacts {
  readonly to: string;
  readonly messageId: string;
  readonly date: Date;
  readonly unsubscribeUrl: string;
}

export type RenderMail = (facts: MailFacts, values: Values, linkTo: LinkTo) => Buffer;

const MARK = {
  to: "lc-to@lc.invalid",
  messageId: "<lc-message-id@lc.invalid>",
  subject: "LCSUBJECTMARK",
  unsubscribe: "https://lc.invalid/lc-unsubscribe",
  // Not ASCII on purpose: the composer then announces quoted-printable, which is what the holes are encoded in.
  html: "LCHTMLMARKé",
  text: "LCTEXTMARKé",
} as const;
const MARKED = { html: "LCHTMLMARK=C3=A9", text: "LCTEXTMARK=C3=A9" } as const;

type Slot = (facts: MailFacts, values: Values, linkTo: LinkTo) => string;

const crlf = (text: string) => text.replace(/\r\n|\r|\n/g, "\r\n");
const quotedPrintable = (text: string) => wrap(encode(crlf(text)));
const SOFT_BREAK = "=\r\n";
const plain = /^[\x20-\x7e]*$/;
/** Printable, no `=`, no space at the end, short enough for one line: quoted-printable leaves it as it is. */
const asIs = /^[\x21-\x3c\x3e-\x7e]{1,74}$/;

/** A hole inside a quoted-printable body: soft breaks on both sides keep every line within 76 characters. */
const bodySlot =
  (hole: Hole): Slot =>
  (_, values, linkTo) => {
    const value = holeValue(hole, values, linkTo);
    if (value === "") return SOFT_BREAK;
    return `${SOFT_BREAK}${asIs.test(value) ? value : quotedPrintable(value)}${SOFT_BREAK}`;
  };

const subjectLine =
  (compiled: Compiled): Slot =>
  (_, values, linkTo) => {
    const subject = fill(compiled, values, linkTo)
      .replace(/[\r\n\0]+/g, " ")
      .trim();
    if (plain.test(subject) && subject.length < 60) return subject;
    return foldLines(`Subject: ${encodeWords(subject, "Q", 52)}`, 76).slice("Subject: ".length);
  };

const compose = (frame: MailFrame, withText: boolean): Promise<string> =>
  new Promise((resolve, reject) => {
    const mail = new MailComposer({
      from: frame.from,
      to: MARK.to,
      ...(frame.replyTo ? { replyTo: frame.replyTo } : {}),
      subject: MARK.subject,
      messageId: MARK.messageId,
      headers: {
        ...(frame.bulk
          ? { "List-Unsubscribe": `<${MARK.unsubscribe}>`, "List-Unsubscribe-Post": "List-Unsubscribe=One-Click" }
          : {}),
        ...(frame.confidential ? { [confidentialHeader]: "account" } : {}),
      },
      html: MARK.html,
      ...(withText ? { text: MARK.text } : {}),
      textEncoding: "quoted-printable",
      newline: "windows",
    });
    mail.compile().build((error, built) => (error ? reject(error) : resolve(built.toString("latin1"))));
  });

/** Lays a mail out once. The result renders one person's mail: bytes ready for the wire, without dot-stuffing. */
export const layOutMail = async (frame: MailFrame, content: CompiledContent): Promise<RenderMail> => {
  const raw = await compose(frame, true);
  const literals: string[] = [""];
  const slots: Slot[] = [];
  const literal = (text: string) => {
    literals[literals.length - 1] += text;
  };
  const slot = (fillIn: Slot) => {
    slots.push(fillIn);
    literals.push("");
  };
  const body = (compiled: Compiled) => {
    compiled.parts.forEach((part, i) => {
      literal(quotedPrintable(part));
      const hole = compiled.holes[i];
      if (hole) slot(bodySlot(hole));
    });
  };
  const marks =
    /lc-to@lc\.invalid|<lc-message-id@lc\.invalid>|LCSUBJECTMARK|https:\/\/lc\.invalid\/lc-unsubscribe|LCHTMLMARK=C3=A9|LCTEXTMARK=C3=A9|(?<=\r\nDate: )[^\r]+/g;
  let from = 0;
  for (const match of raw.matchAll(marks)) {
    literal(raw.slice(from, match.index));
    from = match.index + match[0].length;
    // As UTF-8 (RFC 6532): cut down to a byte each, some letters would become line ends.
    if (match[0] === MARK.to) slot((facts) => Buffer.from(facts.to, "utf8").toString("latin1"));
    else if (match[0] === MARK.messageId) slot((facts) => facts.messageId);
    else if (match[0] === MARK.subject) slot(subjectLine(content.subject));
    else if (match[0] === MARK.unsubscribe) slot((facts) => facts.unsubscribeUrl);
    else if (match[0] === MARKED.html) body(content.html);
    else if (match[0] === MARKED.text) body(content.text);
    else slot((facts) => facts.date.toUTCString().replace("GMT", "+0000"));
  }
  literal(raw.slice(from));
  return (facts, values, linkTo) => {
    let mail = literals[0] as string;
    for (let i = 0; i < slots.length; i++)
      mail += (slots[i] as Slot)(facts, values, linkTo) + (literals[i + 1] as string);
    return Buffer.from(mail, "latin1");
  };
};
