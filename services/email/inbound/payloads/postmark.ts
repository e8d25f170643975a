// Reads Postmark's webhooks, https://postmarkapp.com/developer/webhooks/webhooks-overview. Opens and clicks are tracked
// by our own links.
import type { Feedback } from "../../../../shared/messaging/feedback.ts";
import { type Fields, fieldsOf, momentOf, ourIdOf, parseJson, textOf } from "./fields.ts";
import type { Reading, StoredDelivery } from "./reading.ts";

/** The metadata that we send along (providers/postmark.ts). */
const messageMetadata = "lc-message";

/** Kinds of bounces that say that the address takes no mail from anybody. */
const dead = new Set(["HardBounce", "BadEmailAddress", "ManuallyDeactivated", "AddressChange"]);
/** An answer of the person's mail program, or a challenge: the mail has arrived. */
const arrived = new Set(["AutoResponder", "ChallengeVerification"]);
/** It is still being tried. */
const delayed = new Set(["Transient"]);

type Kind = Pick<Feedback, "kind" | "hard" | "detail"> & { readonly at: unknown };

const bounceOf = (payload: Fields): Kind | null => {
  const type = textOf(payload.Type) ?? "";
  const detail = textOf(payload.Details) ?? textOf(payload.Description);
  const at = payload.BouncedAt;
  if (type === "SpamComplaint") return { kind: "complained", hard: false, detail: null, at };
  if (type === "Unsubscribe") return { kind: "unsubscribed", hard: false, detail: null, at };
  if (arrived.has(type)) return null;
  if (delayed.has(type)) return { kind: "accepted", hard: false, detail, at };
  return { kind: "bounced", hard: dead.has(type), detail, at };
};

const kindOf = (payload: Fields): Kind | null => {
  switch (payload.RecordType) {
    case "Delivery":
      return { kind: "delivered", hard: false, detail: textOf(payload.Details), at: payload.DeliveredAt };
    case "Bounce":
      return bounceOf(payload);
    case "SpamComplaint":
      return { kind: "complained", hard: false, detail: null, at: payload.BouncedAt };
    case "SubscriptionChange":
      // Bounces and complaints are told by themselves; what is left is the person's own word.
      return payload.SuppressSending === true &&
        payload.SuppressionReason === "ManualSuppression" &&
        payload.Origin === "Recipient"
        ? { kind: "unsubscribed", hard: false, detail: null, at: payload.ChangedAt }
        : null;
    default:
      return null;
  }
};

/** One event per callback. */
export const readPostmark = ({ body, receivedAt }: StoredDelivery): Reading => {
  const payload = fieldsOf(parseJson(body));
  const kind = kindOf(payload);
  if (!kind)
    return { feedback: [], ignored: `Nothing follows from ${textOf(payload.RecordType)?.slice(0, 50) ?? "no type"}` };
  const { at, ...told } = kind;
  const providerMessageId = textOf(payload.MessageID);
  const ourId = ourIdOf(fieldsOf(payload.Metadata)[messageMetadata]);
  return {
    feedback: [
      {
        ...told,
        messageId: ourId,
        providerMessageId,
        // A complaint may come as a record of its own and as a bounce: it is one event.
        eventId: [told.kind, ourId ?? providerMessageId, told.kind === "bounced" ? textOf(payload.ID) : ""].join(":"),
        at: momentOf(at, receivedAt),
      },
    ],
  };
};
