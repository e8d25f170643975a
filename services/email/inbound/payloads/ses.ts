// Reads what Amazon SES tells over SNS: notifications of an identity and events of a configuration set.
// https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
import type { Feedback } from "../../../../shared/messaging/feedback.ts";
import { type Fields, fieldsOf, listOf, momentOf, ourIdOf, parseJson, textOf, Unreadable } from "./fields.ts";
import type { Reading, StoredDelivery } from "./reading.ts";

type Kind = Pick<Feedback, "kind" | "hard" | "detail"> & { readonly at: unknown };

/** Sub-types of permanent bounces that are about this mail or this account, not about the address. */
const notDead = new Set(["ContentRejected", "MessageTooLarge", "AttachmentRejected"]);

const bounceOf = (bounce: Fields): Kind => {
  const [recipient] = listOf(bounce.bouncedRecipients);
  const words = textOf(fieldsOf(recipient).diagnosticCode);
  const type = [bounce.bounceType, bounce.bounceSubType].map(textOf).filter(Boolean).join(": ");
  return {
    kind: "bounced",
    hard: bounce.bounceType === "Permanent" && !notDead.has(textOf(bounce.bounceSubType) ?? ""),
    detail: words ?? (type || null),
    at: bounce.timestamp,
  };
};

const kindOf = (event: Fields): Kind | null => {
  // A notification of an identity and an event of a configuration set differ in this name only.
  const type = event.eventType ?? event.notificationType;
  const plain = (kind: Feedback["kind"], part: unknown, detail: string | null = null): Kind => ({
    kind,
    hard: false,
    detail,
    at: fieldsOf(part).timestamp,
  });
  switch (type) {
    case "Send":
      return plain("accepted", event.mail);
    case "DeliveryDelay":
      return plain("accepted", event.deliveryDelay);
    case "Delivery":
      return plain("delivered", event.delivery, textOf(fieldsOf(event.delivery).smtpResponse));
    case "Bounce":
      return bounceOf(fieldsOf(event.bounce));
    case "Complaint":
      // "not-spam" is the opposite of one.
      return fieldsOf(event.complaint).complaintFeedbackType === "not-spam"
        ? null
        : plain("complained", event.complaint);
    case "Reject":
      return plain("bounced", event.mail, textOf(fieldsOf(event.reject).reason));
    case "Subscription":
      return plain("unsubscribed", event.subscription);
    default:
      return null;
  }
};

/** Our id is in the `Message-ID` that we wrote; SES sends another one and reports ours among the headers. */
const ourId = (mail: Fields): string | null => {
  const headers = listOf(mail.headers).map(fieldsOf);
  const written = headers.find(({ name }) => textOf(name)?.toLowerCase() === "message-id")?.value;
  return ourIdOf(written) ?? ourIdOf(fieldsOf(mail.commonHeaders).messageId);
};

/** One event per notification; our mails have one recipient each. */
export const readSes = ({ body, deliveryId, receivedAt }: StoredDelivery): Reading => {
  const envelope = fieldsOf(parseJson(body));
  if (envelope.Type === "SubscriptionConfirmation") {
    const confirmUrl = textOf(envelope.SubscribeURL);
    if (!confirmUrl) throw new Unreadable("The subscription has no address to confirm it at");
    return { feedback: [], confirmUrl };
  }
  if (envelope.Type !== "Notification") return { feedback: [], ignored: "The topic's subscription ended" };
  if (typeof envelope.Message !== "string" || !envelope.Message.trimStart().startsWith("{"))
    return { feedback: [], ignored: "The notification is no event, for example the one that SES sends to try a topic" };
  const event = fieldsOf(parseJson(Buffer.from(envelope.Message)));
  const kind = kindOf(event);
  const type = textOf(event.eventType ?? event.notificationType)?.slice(0, 50);
  if (!kind) return { feedback: [], ignored: `Nothing follows from ${type ?? "no type"}` };
  const mail = fieldsOf(event.mail);
  const { at, ...told } = kind;
  return {
    feedback: [
      {
        ...told,
        messageId: ourId(mail),
        providerMessageId: textOf(mail.messageId),
        eventId: deliveryId,
        at: momentOf(at, receivedAt),
      },
    ],
  };
};
