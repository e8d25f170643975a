// What the check of a provider's callback must do. One file per vendor implements it; one conformance suite holds for all.
// The rule for all: on the bytes as they came, before anything reads them; what is not certainly genuine is refused.
import type { IncomingHttpHeaders } from "node:http";
import { fail } from "../../shared/contracts/errors.ts";
import type { WebhookProvider } from "../../shared/messaging/webhook-inbox.ts";

export interface Delivery {
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly now: Date;
}

/** What the inbox keeps of a genuine callback besides its body. */
export interface Genuine {
  /** The same for every try of one delivery, so that it is stored once. */
  readonly deliveryId: string;
  /** What reading the body needs; never credentials. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface HookVerifier {
  readonly provider: WebhookProvider;
  /** Throws Refusal unless the callback certainly comes from the provider, and lately. */
  verify(delivery: Delivery): Promise<Genuine> | Genuine;
}

/** Why a callback was refused: for our log, never for the caller. */
export class Refusal extends Error {
  override name = "Refusal";
}

/** The one answer to every refused callback: it tells a forger nothing. */
export const refused = () =>
  fail("WEBHOOK_REFUSED", "The callback is not signed as it should be, or it is too old. Nothing was changed.");

/** A header that must be there once. Throws Refusal. */
export const header = (headers: IncomingHttpHeaders, ...names: string[]): string => {
  for (const name of names) {
    const value = headers[name];
    if (typeof value === "string" && value !== "" && value.length <= 2_000) return value;
  }
  throw new Refusal(`the header ${names[0]} is missing`);
};

/** Throws Refusal unless `at` is within the last `pastMs` milliseconds; a clock may be five minutes ahead of ours. */
export const checkAge = (at: number, now: Date, pastMs: number): void => {
  const age = now.getTime() - at;
  if (!Number.isFinite(at) || age > pastMs || age < -FIVE_MINUTES_MS)
    throw new Refusal("its time is out of the window");
};

export const FIVE_MINUTES_MS = 5 * 60_000;
/**
 * Where a retry carries the time of its first try. The inbox knows a delivery for far longer than that, so a replay
 * inside of the window is stored no second time.
 */
export const ONE_DAY_MS = 24 * 3_600_000;
