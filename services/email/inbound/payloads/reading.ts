// What is read from one delivery of a provider or one report mail, whatever the vendor.
import type { Feedback } from "../../../../shared/messaging/feedback.ts";

/** A stored delivery, as its reader needs it. */
export interface StoredDelivery {
  readonly deliveryId: string;
  readonly body: Buffer;
  readonly receivedAt: Date;
}

export interface Reading {
  readonly feedback: readonly Feedback[];
  /** Why nothing is to be done, when nothing is. */
  readonly ignored?: string;
  /** The address that confirms a subscription to an SNS topic. */
  readonly confirmUrl?: string;
}
