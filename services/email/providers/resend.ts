// Resend over its JSON API. Its idempotency key (the message's id, remembered for 24 hours) lets us ask again when no
// answer came: it takes a mail once, however often it is asked. Only when it stays silent does the mail become `unknown`.
import { setTimeout as delay } from "node:timers/promises";
import { createHttpCaller, type HttpWord } from "./http-call.ts";
import { mailbox } from "./mailbox.ts";
import type { EmailProvider, MailParts, ProviderOutcome } from "./provider.ts";

export interface ResendOptions {
  readonly apiKey: string;
  readonly url: string;
  /** Milliseconds for a mail, with asking again; below the lease, so that the answer still finds its message. */
  readonly answerMs: number;
  /** Calls at once; default 4, because an account begins with 2 requests a second. */
  readonly connections?: number;
}

/** The tag that comes back with callbacks: which message an event is about. */
export const MESSAGE_TAG = "lc_message";

const UNREACHABLE_MS = 1_000;
const THROTTLE_MS = 1_000;
/** A day's or month's quota is used up: there is no sense in asking every second. */
const QUOTA_MS = 600_000;
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

interface Verdict {
  readonly outcome: ProviderOutcome;
  /** Asking again with the same key may tell more. */
  readonly unsure: boolean;
}

const sure = (outcome: ProviderOutcome): Verdict => ({ outcome, unsure: false });
const unsure = (detail: string): Verdict => ({ outcome: { kind: "unknown", detail, fault: true }, unsure: true });

/** What one answer means for a mail that was certainly not taken before. */
const verdictOf = (word: HttpWord): Verdict => {
  if (word.kind === "unreachable")
    return sure({
      kind: "throttled",
      detail: `Resend cannot be reached: ${word.detail}`,
      retryAfterMs: UNREACHABLE_MS,
      fault: true,
    });
  if (word.kind === "silent") return unsure(`No answer after the mail was handed over (${word.detail})`);
  const { status, body } = word;
  const { id, name, message } = (body ?? {}) as { id?: string; name?: string; message?: string };
  const detail = [status, [name, message].filter(Boolean).join(": ")].filter(Boolean).join(" ");
  if (status >= 200 && status < 300)
    return sure({ kind: "accepted", providerMessageId: id ?? null, detail: id ? null : detail });
  if (name === "daily_quota_exceeded" || name === "monthly_quota_exceeded")
    return sure({ kind: "throttled", detail, retryAfterMs: word.retryAfterMs ?? QUOTA_MS });
  if (status === 429) return sure({ kind: "throttled", detail, retryAfterMs: word.retryAfterMs ?? THROTTLE_MS });
  // An earlier call with this key is still under way.
  if (name === "concurrent_idempotent_requests") return unsure(detail);
  // An earlier call with this key had another text: that one may have been taken, this one was not.
  if (status === 409) return sure({ kind: "unknown", detail });
  // In its own words a 5xx is a no; without them something between us and it broke off.
  if (status >= 500) return name ? sure({ kind: "transient", detail, fault: true }) : unsure(detail);
  // Key or address of the API are wrong: nothing is wrong with the mail, and nobody else's will go either.
  if ([401, 403, 404, 405].includes(status))
    return sure({ kind: "throttled", detail, retryAfterMs: UNREACHABLE_MS, fault: true });
  // The sender account's domain is not verified here: another provider, or later, may take it.
  if (name === "invalid_from_address") return sure({ kind: "transient", detail });
  return sure({ kind: "rejected", detail, suppress: false });
};

/** Resend as a provider. */
export const createResendProvider = (options: ResendOptions): EmailProvider => {
  const connections = options.connections ?? 4;
  const caller = createHttpCaller(options.url, connections);

  return {
    name: "resend",
    concurrency: connections,
    async send(mail) {
      const request = {
        path: "/emails",
        headers: { Authorization: `Bearer ${options.apiKey}`, "Idempotency-Key": mail.key },
        body: payloadOf(mail.parts(), mail.key),
        timeoutMs: options.answerMs / TRIES,
      };
      let doubt: ProviderOutcome | undefined;
      for (let left = TRIES; left > 0; left--) {
        const { outcome, unsure } = verdictOf(await caller.post(request));
        if (outcome.kind === "accepted") return outcome;
        // Once a call was silent, only a refusal that the silent one must have met, too, says that it was not taken.
        if (!unsure && (!doubt || outcome.kind === "rejected")) return outcome;
        doubt ??= outcome;
        const pause = outcome.kind === "throttled" ? Math.min(outcome.retryAfterMs, request.timeoutMs) : ASK_AGAIN_MS;
        if (left > 1) await delay(pause, undefined, { ref: false });
      }
      return doubt as ProviderOutcome;
    },
    async close() {
      caller.close();
    },
  };
};
