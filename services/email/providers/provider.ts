// What a way of sending email must do. One file per vendor implements it; one conformance suite holds for all.
import type { Outcome } from "../../../shared/messaging/outcomes.ts";

export interface OutgoingMail {
  readonly envelope: { readonly from: string; readonly to: string };
  /** The whole mail, ready for the wire. */
  readonly raw: Buffer;
  /** The same for every try of one message, for providers that honour idempotency keys. */
  readonly key: string;
}

export interface EmailProvider {
  readonly name: string;
  /** Mails that may be under way at once. */
  readonly concurrency: number;
  /** Hands one mail over. What the provider says is an outcome, never an exception. */
  send(mail: OutgoingMail): Promise<Outcome>;
  close(): Promise<void>;
}
