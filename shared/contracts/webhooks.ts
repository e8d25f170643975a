// Contracts of the webhooks service: the inbox of what comes back about messages, by callback and by mail.
import { z } from "zod";
import { action, byId, Id, Instant, job, listQuery, page } from "./contract.ts";

export const WebhookState = z.enum(["received", "processed", "ignored", "failed"]);

/** One callback or report mail; never its body. */
export const Webhook = z.object({
  id: Id,
  /** resend, postmark, ses, sendgrid, or imap for a report that came by mail. */
  provider: z.string(),
  state: WebhookState,
  /** Why it failed or changed nothing. */
  error: z.string().nullable(),
  receivedAt: Instant,
  processedAt: Instant.nullable(),
});
export type Webhook = z.infer<typeof Webhook>;

export const WebhookDetail = Webhook.extend({
  /** The provider's id of the delivery, to ask it about. */
  deliveryId: z.string(),
  /** The messages it turned out to be about. */
  messageIds: z.array(Id),
  /** Bytes of its body; null once that was erased. */
  size: z.number().int().nullable(),
  /** A body of JSON with its values hidden; null for all others. */
  shape: z.unknown(),
});
export type WebhookDetail = z.infer<typeof WebhookDetail>;

export const webhooks = {
  group: "email",
  actions: {
    list: action({
      summary: "Lists callbacks of providers and reports by mail, newest first, without their bodies",
      permission: "read",
      rest: { method: "GET", path: "/webhooks" },
      params: z.strictObject({
        ...listQuery,
        state: WebhookState.optional(),
        provider: z.enum(["resend", "postmark", "ses", "sendgrid", "imap"]).optional(),
      }),
      result: page(Webhook),
    }),
    get: action({
      summary: "Shows one of them with what it was about; its body only in outline",
      permission: "read",
      rest: { method: "GET", path: "/webhooks/:id" },
      params: byId,
      result: WebhookDetail,
    }),
    body: action({
      summary: "Shows the body of one as it came, which holds addresses; the audit log keeps who looked",
      permission: "admin",
      rest: { method: "GET", path: "/webhooks/:id/body", recorded: true },
      params: byId,
      result: z.object({ body: z.string() }),
    }),
    replay: action({
      summary: "Applies one of them again; what it has done already is not done twice",
      permission: "admin",
      rest: { method: "POST", path: "/webhooks/:id/replay", status: 202 },
      params: byId,
      result: Webhook,
    }),
  },
  events: {},
  jobs: {
    "webhook.process": job({ queue: "default", input: z.object({ id: Id }) }),
    "webhooks.prune": job({ queue: "default", input: z.object({}) }),
    "email.inbound.fetch": job({ queue: "emails", input: z.object({}) }),
  },
} as const;
