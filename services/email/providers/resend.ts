// Resend over its JSON API. Its idempotency key (the message's id, remembered for 24 hours) lets us ask again when no
// answer came: it takes a mail once, however often it is asked. Only when it stays silent does the mail become `unknown`.
import { setTimeout as delay } from "node:timers/promises";
import type { Clock } from "../../../shared/lib/clock.ts";
import { SEND_MARGIN_MS } from "../../../shared/messaging/transport.ts";
import { createHttpCaller } from "./http-call.ts";
import { mailbox } from "./mailbox.ts";
import type { EmailProvider, MailParts, ProviderOutcome, Trace } from "./provider.ts";
import { resendVerdict } from "./resend-answer.ts";

export interface ResendOptions {
  readonly apiKey: string;
  readonly url: string;
  readonly clock: Clock;
  /** Milliseconds for a mail, with asking again; below the lease, so that the answer still finds its message. */
  readonly answerMs: number;
  /** Calls at once; default 4, because an account begins with 2 requests a second. */
  readonly connections?: number;
  readonly trace?: Trace;
}

/** The tag that comes back with callbacks: which message an event is about. */
export const MESSAGE_TAG = "lc_message";

const ASK_AGAIN_MS = 250;
const TRIES = 3;

const payloadOf = (mail: MailParts, key: string) => ({
  from: mailbox(mail.from),
  to: [mail.to],
  subject: mail.subject,
  ...(mail.html ? { html: mail.html } : {}),
  text: mail.text,
  ...(mail.replyTo ? { reply_to: mail.replyTo } : {}),
  // Resend makes its own Message-ID; this keeps mail programs from threading different mails of one subject.
  headers: { ...mail.headers, "X-Entity-Ref-ID": key },
  tags: [{ name: MESSAGE_TAG, value: key }],
});

/** Resend as a provider. */
export const createResendProvider = (options: ResendOptions): EmailProvider => {
  const connections = options.connections ?? 4;
  const caller = createHttpCaller(options.url, connections, options.trace);

  return {
    name: "resend",
    concurrency: connections,
    prepare: (mail) => void mail.parts(),
    async send(mail) {
      const request = {
        path: "/emails",
        headers: { Authorization: `Bearer ${options.apiKey}`, "Idempotency-Key": mail.key },
        body: payloadOf(mail.parts(), mail.key),
        timeoutMs: Math.floor(options.answerMs / TRIES),
        deadline: mail.deadline,
      };
      let doubt: ProviderOutcome | undefined;
      for (let left = TRIES; left > 0; left--) {
        const { outcome, unsure } = resendVerdict(await caller.post(request));
        if (outcome.kind === "accepted") return outcome;
        // Once a call was silent, only a refusal that the silent one must have met, too, says that it was not taken.
        if (!unsure && (!doubt || outcome.kind === "rejected")) return outcome;
        doubt ??= outcome;
        const pause = outcome.kind === "throttled" ? Math.min(outcome.retryAfterMs, request.timeoutMs) : ASK_AGAIN_MS;
        if (left > 1) await delay(pause, undefined, { ref: false });
        // Nothing is handed over late, not even again.
        if (mail.deadline - options.clock.monotonic() < SEND_MARGIN_MS) break;
      }
      return doubt as ProviderOutcome;
    },
    async close() {
      caller.close();
    },
  };
};
