// The two small interfaces between the pipeline and a channel: what is to be delivered, and what delivers it.
import type { ClaimedMessage } from "./claim.ts";
import type { Dispatch } from "./dispatches.ts";
import type { Outcome } from "./outcomes.ts";

export interface OutgoingMessage extends ClaimedMessage {
  readonly attemptId: string;
  readonly dispatch: Dispatch;
  /** Monotonic milliseconds at which our lease is over: no network call begins shortly before it or later. */
  readonly deadline: number;
}

/** Below this much lease a message is not sent at all: a process that was frozen sends nothing late. */
export const SEND_MARGIN_MS = 2_000;

/** A channel's way out. Delivers one message per call and never throws for what the provider says: that is an outcome. */
export interface Transport {
  readonly name: string;
  /** Calls that may be under way at once. */
  readonly concurrency: number;
  deliver(message: OutgoingMessage): Promise<Outcome>;
  close(): Promise<void>;
}
