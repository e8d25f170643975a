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
/** The server wants us signed in, or over TLS, before it listens to any mail at all (RFC 4954, RFC 3207). */
const wantsSignIn = new Set([530, 534, 535, 538]);
/** nodemailer refused to hand this mail over: larger than the server takes, or an address that cannot be one. */
const unsendable = new Set(["EMESSAGE", "EENVELOPE"]);
/** Enhanced codes that say the mailbox itself is dead: bad mailbox, bad domain, no such user, moved, disabled. */
const deadAddress = /^5\.(1\.([1236]|10)|2\.1|4\.4)$/;
const deadWords =
  /user unknown|no such user|unknown user|mailbox (unavailable|not found|disabled)|does not exist|recipient rejected|invalid recipient|unrouteable/i;
/** Words about us. Many servers check the sender only at RCPT TO, and say it there with codes that mean a dead mailbox. */
const aboutSender = /\b(sender|return[- ]path|mail from)\b/i;
const aboutUs =
  /\b(relay(ing)?|spam\w*|blocked|black-?list\w*|block ?list\w*|denied|policy|authenticat\w*|spf|dkim|dmarc|reputation|helo|ehlo|client host)\b/i;

/**
 * Whether a refusal means that this address takes no mail from anybody. `detail` begins with the code and its enhanced
 * code; `command` is where it was said, when that is known.
 */
export const isDead = (detail: string, responseCode: number, command: string | undefined): boolean => {
  // Addresses may contain any of the words.
  const words = detail.replace(/<[^>]*>|\S+@\S+/g, "");
  if (command === "MAIL FROM" || aboutSender.test(words)) return false;
  const code = /^\d{3}[ -]#?(5\.\d{1,3}\.\d{1,3})\b/.exec(detail)?.[1];
  if (code !== undefined && deadAddress.test(code)) return true;
  if (command !== "RCPT TO" || aboutUs.test(words) || code?.startsWith("5.7.")) return false;
  // Without an enhanced code 550, 551 and 553 at RCPT mean the mailbox.
  return code === undefined || code === "5.1.0"
    ? [550, 551, 553].includes(responseCode) || deadWords.test(words)
    : deadWords.test(words);
};

/** Outcome of a failed hand-over. `bodyStarted`: the server had answered 354 and we had begun to write the mail. */
export const smtpOutcome = (error: unknown, bodyStarted: boolean): ProviderOutcome => {
  const { message = String(error), code, command, response, responseCode } = error as SmtpError;
  const detail = (response ?? message).trim();
  if (responseCode === undefined) {
    if (!bodyStarted && code !== undefined && unsendable.has(code))
      return { kind: "rejected", detail, suppress: false };
    // No answer at all: before the body nothing was handed over, after it nobody knows.
    return bodyStarted
      ? { kind: "unknown", detail: `No answer after the mail was handed over (${code ?? message})`, fault: true }
      : { kind: "transient", detail: `${detail}${code ? ` (${code})` : ""}`, fault: true };
  }
  // Some servers refuse one recipient with 454 as long as anybody asks: that must cost attempts, and hold up nobody else.
  const refused = responseCode === 454 && /\b(relay(ing)?|denied|tls)\b/i.test(detail);
  if (throttling.has(responseCode) && !refused) return { kind: "throttled", detail, retryAfterMs: THROTTLE_MS };
  // Below 400 it is an answer that fits no question: the mail was not taken.
  if (responseCode < 500) return { kind: "transient", detail };
  // Nobody's mail will go before somebody mends that: waiting costs no person an attempt.
  if (command === "MAIL FROM" && wantsSignIn.has(responseCode))
    return { kind: "throttled", detail, retryAfterMs: THROTTLE_MS, fault: true };
  if (code === "EAUTH") return { kind: "transient", detail, fault: true };
  return { kind: "rejected", detail, suppress: isDead(detail, responseCode, command) };
};
