// Classes an SMTP error by what the server said and by how far the mail had come (RFC 5321 section 4.2, RFC 3463).
// The rule that matters: once the server had the go-ahead for the body, silence means `unknown`, never "try again".
import type { ProviderOutcome } from "./provider.ts";

interface SmtpError {
  readonly message?: string;
  readonly code?: string;
  readonly command?: string;
  readonly response?: string;
  readonly responseCode?: number;
}

const THROTTLE_MS = 1_000;
const throttling = new Set([421, 454]);
/** Enhanced codes that say the mailbox itself is dead: bad mailbox, bad domain, no such user, moved, disabled. */
const deadAddress = /\b5\.(1\.[0-36]|2\.1|4\.4)\b/;
const deadWords =
  /user unknown|no such user|unknown user|mailbox (unavailable|not found|disabled)|does not exist|recipient rejected|invalid recipient|unrouteable/i;

/** Outcome of a failed hand-over. `bodyStarted`: the server had answered 354 and we had begun to write the mail. */
export const smtpOutcome = (error: unknown, bodyStarted: boolean): ProviderOutcome => {
  const { message = String(error), code, command, response, responseCode } = error as SmtpError;
  const detail = (response ?? message).trim();
  if (responseCode === undefined) {
    // No answer at all: before the body nothing was handed over, after it nobody knows.
    return bodyStarted
      ? { kind: "unknown", detail: `No answer after the mail was handed over (${code ?? message})`, fault: true }
      : { kind: "transient", detail: `${detail}${code ? ` (${code})` : ""}`, fault: true };
  }
  if (throttling.has(responseCode)) return { kind: "throttled", detail, retryAfterMs: THROTTLE_MS };
  if (responseCode >= 400 && responseCode < 500) return { kind: "transient", detail };
  if (code === "EAUTH") return { kind: "transient", detail, fault: true };
  const atRecipient = command === "RCPT TO";
  // 550 and 551, 553 at RCPT without an enhanced code mean the mailbox; a 5.7.x is a policy about us, not about the person.
  const policy = /\b5\.7\.\d+\b/.test(detail);
  const dead =
    deadAddress.test(detail) ||
    (atRecipient && !policy && ([550, 551, 553].includes(responseCode) || deadWords.test(detail)));
  return { kind: "rejected", detail, suppress: dead };
};
