// Classes what Postmark answers by its own error codes, https://postmarkapp.com/developer/api/overview#error-codes.
// It has no idempotency key: whatever is not certainly a no is `unknown`.
import type { HttpWord } from "./http-call.ts";
import type { ProviderOutcome } from "./provider.ts";

const WAIT_MS = 1_000;

const INACTIVE_RECIPIENT = 406;
const badToken = new Set([10, 11]);
/** Sender signature missing, not confirmed, or its look-up failed. */
const senderUnknown = new Set([400, 401, 500]);
/** Maintenance; out of credit; account pending or barred: nobody's mail will go. */
const accountHeld = new Set([100, 405, 412, 413]);

const held = (detail: string): ProviderOutcome => ({ kind: "throttled", detail, retryAfterMs: WAIT_MS, fault: true });
const nobodyKnows = (detail: string): ProviderOutcome => ({ kind: "unknown", detail, fault: true });

/** Outcome of one call. */
export const postmarkOutcome = (word: HttpWord): ProviderOutcome => {
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
