// Reads SendGrid's event webhook: a list of events, of many messages.
// https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event
import type { Feedback } from "../../../../shared/messaging/feedback.ts";
import { type Fields, fieldsOf, momentOf, ourIdOf, parseJson, textOf, Unreadable } from "./fields.ts";
import type { Reading, StoredDelivery } from "./reading.ts";

/** Bounces that SendGrid classes as such are about the mailbox; others (content, reputation, technical) are not. */
const deadClasses = new Set(["invalid address", "invalid addresses"]);
/** Why SendGrid drops a mail to an address that it has learnt not to write to. */
const droppedAs: readonly (readonly [RegExp, Pick<Feedback, "kind" | "hard">])[] = [
  [/^(bounced address|invalid\b)/i, { kind: "bounced", hard: true }],
  [/^spam reporting/i, { kind: "complained", hard: false }],
  [/^unsubscribed/i, { kind: "unsubscribed", hard: false }],
];

const bounceOf = (event: Fields): Pick<Feedback, "kind" | "hard"> => {
  const classed = textOf(event.bounce_classification)?.toLowerCase();
  // `blocked`: refused this time, the address stays good.
  const bounced = event.type === undefined || event.type === "bounce";
  const mailbox = classed === undefined || classed === "unclassified" || deadClasses.has(classed);
  const status = textOf(event.status);
  return { kind: "bounced", hard: bounced && mailbox && (status === null || status.startsWith("5")) };
};

const kindOf = (event: Fields): Pick<Feedback, "kind" | "hard"> | null => {
  switch (event.event) {
    case "processed":
    case "deferred":
      return { kind: "accepted", hard: false };
    case "delivered":
      return { kind: "delivered", hard: false };
    case "bounce":
      return bounceOf(event);
    case "dropped": {
      const reason = textOf(event.reason) ?? "";
      return droppedAs.find(([pattern]) => pattern.test(reason))?.[1] ?? { kind: "bounced", hard: false };
    }
    case "spamreport":
      return { kind: "complained", hard: false };
    case "unsubscribe":
    case "group_unsubscribe":
      return { kind: "unsubscribed", hard: false };
    default:
      return null;
  }
};

const feedbackOf = (value: unknown, receivedAt: Date): Feedback[] => {
  const event = fieldsOf(value);
  const kind = kindOf(event);
  const eventId = textOf(event.sg_event_id);
  if (!kind || !eventId) return [];
  return [
    {
      ...kind,
      // Over SMTP it reports the Message-ID that we wrote, and answered with the first part of its own id.
      messageId: ourIdOf(event["smtp-id"]) ?? ourIdOf(event.lc_message),
      providerMessageId: textOf(event.sg_message_id)?.split(".")[0] ?? null,
      eventId,
      at: momentOf(event.timestamp, receivedAt),
      detail: textOf(event.reason) ?? textOf(event.response),
    },
  ];
};

/** All events of a batch that something follows from. */
export const readSendgrid = ({ body, receivedAt }: StoredDelivery): Reading => {
  const events = parseJson(body);
  if (!Array.isArray(events)) throw new Unreadable("The body is not a list of events");
  const feedback = events.flatMap((event) => feedbackOf(event, receivedAt));
  return feedback.length > 0 ? { feedback } : { feedback, ignored: "Nothing follows from its events" };
};
