// Reads report mails: delivery status notifications (RFC 3464) and complaints (ARF, RFC 5965).
// Anybody can write one. It counts only with the signed return path of the mail it is about, which nobody has but our own
// server and whoever got that mail. Everything else (answers, out-of-office notes, forgeries) changes nothing.
import { type Attachment, type ParsedMail, simpleParser } from "mailparser";
import { messageOfReturnPath } from "../../../../shared/lib/return-path.ts";
import type { Feedback } from "../../../../shared/messaging/feedback.ts";
import { isDead } from "../../providers/smtp-answer.ts";
import { momentOf, textOf } from "./fields.ts";
import type { Reading, StoredDelivery } from "./reading.ts";

const plainly = { skipHtmlToText: true, skipTextToHtml: true, skipTextLinks: true, skipImageLinks: true };
const nothing = (ignored: string): Reading => ({ feedback: [], ignored });

/** Where servers write the address that a mail came in for. */
const addressed = new Set(["to", "delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-delivered-to"]);

type FieldBlock = (name: string) => string | null;

/** Blocks of fields, as both kinds of reports have them: written like headers, an empty line between two. */
const blocksOf = async (part: Attachment): Promise<FieldBlock[]> => {
  const blocks = part.content
    .toString("latin1")
    .split(/\r?\n[ \t]*\r?\n/)
    .filter((block) => block.trim() !== "")
    .slice(0, 20);
  const parsed = await Promise.all(blocks.map((block) => simpleParser(`${block.trim()}\r\n\r\n`, plainly)));
  return parsed.map(({ headerLines }) => {
    // As lines: some of the names mean something else in a mail, and would be read as that.
    const fields = new Map(
      headerLines.map(({ key, line }) => [key, line.slice(key.length + 1).replace(/\r?\n\s+/g, " ")]),
    );
    return (name) => textOf(fields.get(name)?.trim());
  });
};

/** `rfc822; ada@example.org` → the address. */
const addressOf = (field: string | null): string | null => /^[\w-]+;\s*<?([^<>\s]+)>?$/.exec(field ?? "")?.[1] ?? null;

/** The message whose return path of ours is among the addresses of the report, or of the mail that it returns. */
const messageOf = (keys: readonly string[], mail: ParsedMail, fields: readonly FieldBlock[]): string | undefined => {
  const lines = mail.headerLines.filter(({ key }) => addressed.has(key)).map(({ line }) => line);
  const returned = mail.attachments
    .filter(({ contentType }) => contentType === "message/rfc822" || contentType === "text/rfc822-headers")
    .flatMap(({ content }) => /^return-path:.*$/im.exec(content.subarray(0, 64 * 1024).toString("latin1")) ?? []);
  const told = fields.map((field) => field("original-mail-from") ?? "");
  return messageOfReturnPath(keys, [...lines, ...told, ...returned].join("\n"));
};

/** The server's words with both codes in front, so that they can be judged like an answer over SMTP. */
const wordsOf = (status: string, diagnostic: string | null): string => {
  const said = /^smtp;\s*(.+)$/i.exec(diagnostic ?? "")?.[1] ?? diagnostic?.replace(/^[\w-]+;\s*/, "") ?? "";
  const [, code = status.startsWith("5") ? "550" : "450", enhanced, rest] =
    /^(\d{3})?[ -]?#?(\d\.\d{1,3}\.\d{1,3})?\s*([\s\S]*)$/.exec(said) ?? [];
  return `${code} ${enhanced ?? status} ${rest ?? ""}`.trim();
};

const statusReport = (
  messageId: string,
  [perMail, ...recipients]: readonly FieldBlock[],
  receivedAt: Date,
): Reading => {
  // Our mails have one recipient each.
  const field = recipients[0];
  const action = field?.("action")?.toLowerCase();
  const status = /\d\.\d{1,3}\.\d{1,3}/.exec(field?.("status") ?? "")?.[0] ?? "";
  if (!field || !action) return nothing("The report names no recipient");
  const at = momentOf(field("last-attempt-date") ?? perMail?.("arrival-date"), receivedAt);
  const base = { messageId, providerMessageId: null, at: at > receivedAt ? receivedAt : at };
  const one = (told: Pick<Feedback, "kind" | "hard" | "detail" | "recipient">): Reading => ({
    // A report counts once per message and verdict, however it is worded the second time.
    feedback: [{ ...base, ...told, eventId: `dsn:${messageId}:${told.kind}:${told.hard ? "hard" : "soft"}` }],
  });
  if (action === "delayed" || action === "relayed" || action === "expanded")
    return one({ kind: "accepted", hard: false, detail: null });
  if (action === "delivered") return one({ kind: "delivered", hard: false, detail: null });
  if (action !== "failed") return nothing("The report has no action that means anything");
  const detail = wordsOf(status, field("diagnostic-code"));
  const recipient = addressOf(field("original-recipient")) ?? addressOf(field("final-recipient"));
  return one({ kind: "bounced", hard: isDead(detail, Number(detail.slice(0, 3)), undefined), detail, recipient });
};

const complaint = (messageId: string, fields: readonly FieldBlock[], receivedAt: Date): Reading => {
  const type = fields[0]?.("feedback-type")?.toLowerCase();
  if (type !== "abuse" && type !== "fraud" && type !== "opt-out") return nothing("The feedback report is no complaint");
  return {
    feedback: [
      {
        kind: type === "opt-out" ? "unsubscribed" : "complained",
        hard: false,
        detail: null,
        messageId,
        providerMessageId: null,
        eventId: `arf:${messageId}`,
        at: momentOf(fields[0]?.("arrival-date"), receivedAt),
      },
    ],
  };
};

/** At most one event per mail. */
export const readReportMail = async (
  { body, receivedAt }: StoredDelivery,
  secretKeys: readonly string[],
): Promise<Reading> => {
  const mail = await simpleParser(body, { ...plainly, keepDeliveryStatus: true });
  const part = mail.attachments.find(
    ({ contentType }) => contentType === "message/delivery-status" || contentType === "message/feedback-report",
  );
  if (!part) return nothing("The mail is no report");
  const fields = await blocksOf(part);
  const messageId = messageOf(secretKeys, mail, fields);
  if (messageId === undefined) return nothing("The report does not carry a return path of ours");
  return part.contentType === "message/delivery-status"
    ? statusReport(messageId, fields, receivedAt)
    : complaint(messageId, fields, receivedAt);
};
