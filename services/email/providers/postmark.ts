// Postmark over its JSON API. It has no idempotency key, so silence after the hand-over is `unknown` and stays it:
// the message's id goes along as metadata and as Message-ID, for callbacks and for somebody who looks it up.
import { createHttpCaller, type HttpWord } from "./http-call.ts";
import { mailbox } from "./mailbox.ts";
import type { EmailProvider, MailParts, ProviderOutcome } from "./provider.ts";

export interface PostmarkOptions {
  readonly token: string;
  readonly url: string;
  /** Message stream of bulk mail; single messages go by `outbound`, as Postmark demands. */
  readonly bulkStream: string;
  /** Milliseconds to wait for an answer; below the lease, so that the answer still finds its message. */
  readonly answerMs: number;
  /** Calls at once; default 8. */
  readonly connections?: number;
}

/** The metadata that comes back with callbacks: which message an event is about. */
export const MESSAGE_METADATA = "lc-message";

const WAIT_MS = 1_000;

/** Postmark's own error codes, https://postmarkapp.com/developer/api/overview#error-codes. */
const INACTIVE_RECIPIENT = 406;
const badToken = new Set([10, 11]);
/** Sender signature missing, not confirmed, or its look-up failed. */
const senderUnknown = new Set([400, 401, 500]);
/** Maintenance; out of credit; account pending or barred: nobody's mail will go. */
const accountHeld = new Set([100, 405, 412, 413]);

const payloadOf = (mail: MailParts, key: string, bulkStream: string) => ({
  From: mailbox(mail.from),
  To: mail.to,
  Subject: mail.subject,
  ...(mail.html ? { HtmlBody: mail.html } : {}),
  TextBody: mail.text,
  ...(mail.replyTo ? { ReplyTo: mail.replyTo } : {}),
  Headers: Object.entries({ ...mail.headers, "Message-ID": mail.messageId, "X-PM-KeepID": "true" }).map(
    ([Name, Value]) => ({ Name, Value }),
  ),
  Metadata: { [MESSAGE_METADATA]: key },
  MessageStream: mail.bulk ? bulkStream : "outbound",
  // Links and the pixel are ours already.
  TrackOpens: false,
  TrackLinks: "None",
});

const held = (detail: string): ProviderOutcome => ({ kind: "throttled", detail, retryAfterMs: WAIT_MS, fault: true });
const nobodyKnows = (detail: string): ProviderOutcome => ({ kind: "unknown", detail, fault: true });

const outcomeOf = (word: HttpWord): ProviderOutcome => {
  if (word.kind === "unreachable") return held(`Postmark cannot be reached: ${word.detail}`);
  if (word.kind === "silent") return nobodyKnows(`No answer after the mail was handed over (${word.detail})`);
  const { status, body } = word;
  const found = (body ?? {}) as { ErrorCode?: number; Message?: string; MessageID?: string };
  const { ErrorCode: code = 0, Message: message, MessageID: id } = found;
  const detail = [status, code || "", message ?? ""].filter(Boolean).join(" ");
  if (status >= 200 && status < 300 && code === 0)
    return { kind: "accepted", providerMessageId: id ?? null, detail: id ? null : detail };
  if (status === 429 || code === 429) return { kind: "throttled", detail, retryAfterMs: word.retryAfterMs ?? WAIT_MS };
  if ([401, 403, 404].includes(status) || badToken.has(code) || accountHeld.has(code)) return held(detail);
  // Planned maintenance is announced by 503. A 500 loses the mail "in most cases", says its documentation: not in all.
  if (status === 503) return { kind: "transient", detail, fault: true };
  if (status >= 500) return nobodyKnows(detail);
  // Hard bounce, complaint or suppressed by hand, at this provider and before.
  if (code === INACTIVE_RECIPIENT) return { kind: "rejected", detail, suppress: true };
  // The sender account's domain is not verified here: another provider, or later, may take it.
  if (senderUnknown.has(code) || (code === 300 && /'From' address/i.test(message ?? "")))
    return { kind: "transient", detail };
  return { kind: "rejected", detail, suppress: false };
};

/** Postmark as a provider. */
export const createPostmarkProvider = (options: PostmarkOptions): EmailProvider => {
  const connections = options.connections ?? 8;
  const caller = createHttpCaller(options.url, connections);
  return {
    name: "postmark",
    concurrency: connections,
    async send(mail) {
      const word = await caller.post({
        path: "/email",
        headers: { "X-Postmark-Server-Token": options.token, Accept: "application/json" },
        body: payloadOf(mail.parts(), mail.key, options.bulkStream),
        timeoutMs: options.answerMs,
      });
      return outcomeOf(word);
    },
    async close() {
      caller.close();
    },
  };
};
