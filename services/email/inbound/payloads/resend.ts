// Reads Resend's webhooks, https://resend.com/docs/webhooks/event-types. Opens and clicks are tracked by our own links.
import type { Feedback } from "../../../../shared/messaging/feedback.ts";
import { fieldsOf, listOf, momentOf, ourIdOf, parseJson, textOf } from "./fields.ts";
import type { Reading, StoredDelivery } from "./reading.ts";

/** The tag that we send along (providers/resend.ts). */
const messageTag = "lc_message";

/** Tags come back as an object; the API takes, and older callbacks sent, a list of name and value. */
const tagOf = (tags: unknown): unknown =>
  Array.isArray(tags)
    ? fieldsOf(tags.find((tag) => fieldsOf(tag).name === messageTag)).value
    : fieldsOf(tags)[messageTag];

const bounceOf = (value: unknown): Pick<Feedback, "kind" | "hard" | "detail"> => {
  const bounce = fieldsOf(value);
  const { type, subType, message } = bounce;
  const words = listOf(bounce.diagnosticCode).map(textOf).filter(Boolean).join(" ");
  return {
    kind: "bounced",
    // Content and attachments that were refused come as Transient; Suppressed means that it bounced there before.
    hard: type === "Permanent",
    detail: words || [type, subType, message].map(textOf).filter(Boolean).join(": ") || null,
  };
};

const kindOf = (
  type: unknown,
  data: ReturnType<typeof fieldsOf>,
): Pick<Feedback, "kind" | "hard" | "detail"> | null => {
  const plain = (kind: Feedback["kind"], detail: string | null = null) => ({ kind, hard: false, detail });
  switch (type) {
    case "email.sent":
    case "email.delivery_delayed":
      return plain("accepted");
    case "email.delivered":
      return plain("delivered");
    case "email.complained":
      return plain("complained");
    case "email.bounced":
      return bounceOf(data.bounce);
    case "email.suppressed":
      return {
        kind: "bounced",
        hard: true,
        detail: textOf(fieldsOf(data.suppressed).message) ?? "Suppressed at Resend",
      };
    case "email.failed":
      return plain("bounced", textOf(fieldsOf(data.failed).reason) ?? "Resend could not send it");
    default:
      return null;
  }
};

/** One event per callback. */
export const readResend = ({ body, deliveryId, receivedAt }: StoredDelivery): Reading => {
  const payload = fieldsOf(parseJson(body));
  const data = fieldsOf(payload.data);
  const kind = kindOf(payload.type, data);
  if (!kind)
    return { feedback: [], ignored: `Nothing follows from ${textOf(payload.type)?.slice(0, 50) ?? "no type"}` };
  return {
    feedback: [
      {
        ...kind,
        messageId: ourIdOf(tagOf(data.tags)),
        providerMessageId: textOf(data.email_id),
        eventId: deliveryId,
        at: momentOf(payload.created_at, receivedAt),
      },
    ],
  };
};
