// What providers and mail servers say about messages after they took them, in one form for all, and what follows from
// it: events, states, suppressed addresses. Each event counts once, in any order, however often it is told; a late
// "delivered" undoes nothing. Everything happens in the caller's transaction.
import type { SuppressionRow } from "../consent/suppressions.ts";
import { suppress, unsubscribe } from "../consent/suppressions.ts";
import type { Trx } from "../db/knex.ts";
import { publish, publishMany } from "../jobs/outbox.ts";
import { normaliseAddress } from "../lib/address.ts";
import { makeId } from "../lib/ids.ts";
import { refusesForGood } from "../lib/soft-bounces.ts";
import {
  advanceStates,
  bounceHistory,
  type FeedbackEvent,
  type FoundMessage,
  insertFeedbackEvents,
  lockMessages,
  type MessageRef,
  type NewState,
} from "./feedback-rows.ts";
import { storable } from "./outcomes.ts";

export interface Feedback extends MessageRef {
  /**
   * accepted: it was taken, and nothing more is known (also: still being tried). delivered: the recipient's server has
   * it. bounced: it will not arrive. complained: reported as spam. unsubscribed: through the provider's own link.
   */
  readonly kind: "accepted" | "delivered" | "bounced" | "complained" | "unsubscribed";
  /** Of a bounce: the address is dead, not only this mail refused. */
  readonly hard: boolean;
  /** Names the event for its provider, the same each time it is told. */
  readonly eventId: string;
  readonly at: Date;
  /** The recipient's server, word for word. */
  readonly detail: string | null;
  /** Whom a bounce names, where that may be somebody else: a mail that was forwarded says nothing of our address. */
  readonly recipient?: string | null;
}

export interface Applied {
  /** Messages of ours that it was about. */
  readonly messageIds: readonly string[];
  /** One of them is of a person who was erased: what the provider sent names them. */
  readonly erased: boolean;
  /** How many were about no message of ours. */
  readonly unmatched: number;
  /** Sources whose messages moved on, and campaigns among them that may be finished for that. */
  readonly sources: readonly string[];
  readonly decided: readonly string[];
}

/** Some of the messages are just being handed over: their own outcome comes first. Nothing was changed. */
export class StillHandingOver extends Error {
  override name = "StillHandingOver";
}

type Told = Feedback & { readonly message: FoundMessage };

/** States of messages of which a campaign waits for the end. */
const open: ReadonlySet<string> = new Set(["unknown", "queued", "claimed"]);

const rank = { accepted: 0, delivered: 1, bounced: 2 } as const;

const stateOf = ({ kind, hard, message, detail, at }: Told): NewState => {
  const words = detail === null ? null : storable(detail);
  if (kind === "bounced")
    return { id: message.id, state: "bounced", reason: hard ? "hard_bounce" : "soft_bounce", detail: words, at };
  // Whoever complains or unsubscribes has got it, but only the server's word says when: `accepted` is certain.
  return { id: message.id, state: kind === "delivered" ? "delivered" : "accepted", reason: null, detail: words, at };
};

/** The furthest state of each message. */
const furthest = (told: readonly Told[]): NewState[] => {
  const states = new Map<string, NewState>();
  for (const one of told) {
    const next = stateOf(one);
    const known = states.get(next.id);
    const further =
      !known || rank[next.state] > rank[known.state] || (next.reason === "hard_bounce" && known.reason !== next.reason);
    if (further) states.set(next.id, next);
  }
  return [...states.values()];
};

/** A bounce of another address than the message's is none for good. */
const ofThis = (one: Feedback, message: FoundMessage): boolean =>
  !one.recipient || message.address === null || normaliseAddress(message.channel, one.recipient) === message.address;

const eventOf = ({ kind, hard, eventId, at, message }: Told): FeedbackEvent[] =>
  kind === "accepted"
    ? []
    : [
        {
          id: makeId(),
          messageId: message.id,
          sourceId: message.sourceId,
          type: kind,
          eventId,
          bounce: kind === "bounced" ? (hard ? "hard" : "soft") : null,
          at,
        },
      ];

/** Addresses that take no more mail: dead, complained, or refusing for too long. */
const suppressions = async (trx: Trx, fresh: readonly Told[], now: Date): Promise<SuppressionRow[]> => {
  const certain = fresh.flatMap(({ kind, hard, message: { channel, address } }): SuppressionRow[] => {
    if (address === null) return [];
    if (kind === "complained") return [{ channel, address, reason: "complaint" }];
    return kind === "bounced" && hard ? [{ channel, address, reason: "hard_bounce" }] : [];
  });
  const soft = fresh.flatMap(({ kind, hard, message }) =>
    kind === "bounced" && !hard && message.address !== null ? [message.address] : [],
  );
  const histories = await bounceHistory(trx, [...new Set(soft)]);
  const worn = histories.filter(({ bounces, lastDelivered }) => refusesForGood(bounces, lastDelivered, now));
  return [
    ...certain,
    ...worn.map(({ address }): SuppressionRow => ({ channel: "email", address, reason: "soft_bounces" })),
  ];
};

const tell = async (trx: Trx, fresh: readonly Told[]): Promise<void> => {
  const of = (kind: Feedback["kind"]) => fresh.filter((one) => one.kind === kind);
  const named = ({ message }: Told) => ({ messageId: message.id, contactId: message.contactId });
  await publishMany(trx, "message.delivered", of("delivered").map(named));
  await publishMany(
    trx,
    "message.bounced",
    of("bounced").map((one) => ({ ...named(one), hard: one.hard })),
  );
  await publishMany(trx, "message.complained", of("complained").map(named));
};

const unsubscribeAll = async (trx: Trx, fresh: readonly Told[]): Promise<void> => {
  for (const { kind, message } of fresh) {
    if (kind !== "unsubscribed") continue;
    const { id, channel, address, contactId } = message;
    const { changed } = await unsubscribe(trx, { channel, address, contactId, source: `message ${id}` });
    if (changed) await publish(trx, "contact.unsubscribed", { contactId, channel, messageId: id });
  }
};

/**
 * Applies what one delivery of a provider says. A moment in the future counts as `now`. Throws StillHandingOver when a
 * message is between its hand-over and the recorded answer: try again in a moment.
 */
export const applyFeedback = async (
  trx: Trx,
  provider: string,
  feedback: readonly Feedback[],
  now: Date,
): Promise<Applied> => {
  const found = new Map((await lockMessages(trx, feedback)).map((message) => [message.n, message]));
  const told = feedback.flatMap((one, n): Told[] => {
    const message = found.get(n);
    if (!message) return [];
    return [{ ...one, hard: one.hard && ofThis(one, message), at: one.at > now ? now : one.at, message }];
  });
  if (told.some(({ message }) => message.state === "handing_off"))
    throw new StillHandingOver("The answer to the hand-over is not recorded yet");
  const added = await insertFeedbackEvents(trx, provider, told.flatMap(eventOf));
  const once = new Map(told.filter(({ eventId }) => added.has(eventId)).map((one) => [one.eventId, one]));
  const fresh = [...once.values()];
  const moved = await advanceStates(trx, furthest([...told.filter(({ kind }) => kind === "accepted"), ...fresh]));
  await suppress(trx, await suppressions(trx, fresh, now));
  await unsubscribeAll(trx, fresh);
  await tell(trx, fresh);
  const changed = told.filter(({ message }) => moved.has(message.id)).map(({ message }) => message);
  return {
    messageIds: [...new Set(told.map(({ message }) => message.id))],
    erased: told.some(({ message }) => message.address === null),
    unmatched: feedback.length - told.length,
    sources: [...new Set([...changed, ...fresh.map(({ message }) => message)].map(({ sourceId }) => sourceId))],
    decided: [
      ...new Set(
        changed.flatMap(({ state, source, sourceId }) => (source === "campaign" && open.has(state) ? [sourceId] : [])),
      ),
    ],
  };
};
