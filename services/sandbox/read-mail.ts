// A stored mail as people and checks want to see it: subject, headers as they were sent, HTML and text.
// Never throws for a malformed mail: what cannot be understood is shown as it came.
import libmime from "libmime";
import { simpleParser } from "mailparser";

export interface ReadableMail {
  readonly subject: string;
  /** Name in lower case → value, folded lines joined; values of a repeated header are separated by a line feed. */
  readonly headers: Record<string, string>;
  /** Empty when the mail has no HTML part. */
  readonly html: string;
  /** Empty when the mail has no text part. */
  readonly text: string;
}

const headersOf = (lines: readonly { readonly key: string; readonly line: string }[]): Record<string, string> => {
  const headers: Record<string, string> = Object.create(null);
  for (const { key, line } of lines) {
    const value = line
      .slice(line.indexOf(":") + 1)
      .replace(/\r?\n(?=[ \t])/g, "")
      .trim();
    headers[key] = headers[key] === undefined ? value : `${headers[key]}\n${value}`;
  }
  return { ...headers };
};

/** Parses a raw mail. Nothing is made up: a mail without an HTML part has none, whatever its text says. */
export const readMail = async (raw: Buffer): Promise<ReadableMail> => {
  try {
    const mail = await simpleParser(raw, {
      skipHtmlToText: true,
      skipTextToHtml: true,
      skipTextLinks: true,
      skipImageLinks: true,
    });
    return {
      subject: mail.subject ?? "",
      headers: headersOf(mail.headerLines),
      html: mail.html || "",
      text: mail.text ?? "",
    };
  } catch {
    return { subject: subjectOf(raw), headers: {}, html: "", text: raw.toString("utf8") };
  }
};

/** The decoded subject alone, without parsing the mail: for the index, at the speed mails arrive. */
export const subjectOf = (raw: Buffer): string => {
  const end = raw.indexOf("\r\n\r\n");
  const head = raw.toString("utf8", 0, Math.min(end < 0 ? raw.length : end, 65_536));
  const values = libmime.decodeHeaders(head, { skipPrototypeKeys: true }).subject;
  const value = Array.isArray(values) ? values[0] : values;
  return typeof value === "string" ? libmime.decodeWords(value) : "";
};
