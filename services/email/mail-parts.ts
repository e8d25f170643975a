// A mail in its parts, for providers that take no MIME: the same content, headers and values as mime.ts lays out.
import type { CompiledContent } from "../../shared/messaging/compile.ts";
import { fill, type LinkTo, type Values } from "../../shared/messaging/fill.ts";
import type { MailFacts, MailFrame } from "./mime.ts";
import type { MailParts } from "./providers/provider.ts";

/** The parts of one person's mail. */
export const mailParts = (
  frame: MailFrame,
  content: CompiledContent,
  facts: MailFacts,
  values: Values,
  linkTo: LinkTo,
): MailParts => ({
  from: frame.from,
  to: facts.to,
  replyTo: frame.replyTo,
  subject: fill(content.subject, values, linkTo)
    .replace(/[\r\n\0]+/g, " ")
    .trim(),
  html: fill(content.html, values, linkTo),
  text: fill(content.text, values, linkTo),
  messageId: facts.messageId,
  headers: frame.bulk
    ? { "List-Unsubscribe": `<${facts.unsubscribeUrl}>`, "List-Unsubscribe-Post": "List-Unsubscribe=One-Click" }
    : {},
  bulk: frame.bulk,
});
