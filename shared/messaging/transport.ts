// The two small interfaces between the pipeline and a channel: what is to be delivered, and what delivers it.
import type { ProviderVital } from "../broker/vitals.ts";
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

/** A message that is made and waits for its turn. Called once; never throws for what the provider says: that is an outcome. */
export type HandOver = () => Promise<Outcome>;

/** A channel's way out, one message per call. */
export interface Transport {
  readonly name: string;
  /** Calls that may be under way at once. */
  readonly concurrency: number;
  /** Makes a message without calling anybody, so that it is done while the provider works on another. Never rejects. */
  prepare(message: OutgoingMessage): Promise<HandOver>;
  /** How its providers are, for operators. */
  status?(): readonly ProviderVital[];
  close(): Promise<void>;
}
