// What a way of sending email must do. One file per vendor implements it; one conformance suite holds for all.
// The rule for all: "not taken" only on the provider's word or when nothing was handed over; silence is `unknown`.
import type { ProviderVital } from "../../../shared/broker/vitals.ts";
import type { Outcome } from "../../../shared/messaging/outcomes.ts";

/** A mail in its parts, for providers that take no MIME. */
export interface MailParts {
  readonly from: { readonly name: string; readonly address: string };
  readonly to: string;
  readonly replyTo: string | undefined;
  readonly subject: string;
  readonly html: string;
  readonly text: string;
  /** The `Message-ID` that the recipient should see, in angle brackets. */
  readonly messageId: string;
  /** Further headers, such as List-Unsubscribe. */
  readonly headers: Readonly<Record<string, string>>;
  readonly bulk: boolean;
}

export interface OutgoingMail {
  readonly envelope: { readonly from: string; readonly to: string };
  /** The same for every try of one message, for providers that honour idempotency keys. */
  readonly key: string;
  /** Monotonic milliseconds at which the lease is over; no call begins in its last two seconds. */
  readonly deadline: number;
  /** The whole mail, ready for the wire; made at the first call. */
  raw(): Buffer;
  /** The same mail in its parts; made at the first call. A provider asks for one of the two, so the other is never made. */
  parts(): MailParts;
}

/** Hears the conversation with one server, line by line and without secrets: for test mails, which show it. */
export type Trace = (from: "us" | "server", text: string) => void;

/** An outcome, and whether it tells of the provider and not of this mail: unreachable, silent, credentials refused. */
export type ProviderOutcome = Outcome & { readonly fault?: true };

export interface EmailProvider {
  readonly name: string;
  /** Mails that may be under way at once. */
  readonly concurrency: number;
  /** Makes of a mail what `send` will need, while it waits for its turn; throws what making it throws. */
  prepare(mail: OutgoingMail): void;
  /** Hands one mail over. What the provider says is an outcome, never an exception. */
  send(mail: OutgoingMail): Promise<ProviderOutcome>;
  /** How it is, or how each of its members is; absent where somebody else keeps the books. */
  status?(): readonly ProviderVital[];
  close(): Promise<void>;
}
