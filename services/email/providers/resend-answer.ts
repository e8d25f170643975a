// Classes what Resend answers, https://resend.com/docs/api-reference/errors, and says when asking again would tell more.
import type { HttpWord } from "./http-call.ts";
import type { ProviderOutcome } from "./provider.ts";

const UNREACHABLE_MS = 1_000;
const THROTTLE_MS = 1_000;
/** A day's or month's quota is used up: there is no sense in asking every second. */
const QUOTA_MS = 600_000;

export interface Verdict {
  readonly outcome: ProviderOutcome;
  /** Asking again with the same key may tell more. */
  readonly unsure: boolean;
}

const sure = (outcome: ProviderOutcome): Verdict => ({ outcome, unsure: false });
const unsure = (detail: string): Verdict => ({ outcome: { kind: "unknown", detail, fault: true }, unsure: true });

/** What one answer means for a mail that was certainly not taken before. */
export const resendVerdict = (word: HttpWord): Verdict => {
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
