// Contracts of the messages service: single messages, the search over the ledger, and what links in mail lead to.
import { z } from "zod";
import { Channel } from "./channel.ts";
import { Content } from "./content.ts";
import {
  action,
  byId,
  CsvPiece,
  clean,
  event,
  GivenInstant,
  Id,
  Instant,
  job,
  listQuery,
  managers,
  page,
} from "./contract.ts";

export const MessageState = z.enum([
  "queued",
  "claimed",
  "handing_off",
  "accepted",
  "delivered",
  "skipped",
  "failed",
  "bounced",
  "unknown",
  "cancelled",
]);
export type MessageState = z.infer<typeof MessageState>;
export const MessageSource = z.enum(["campaign", "transactional", "alert", "newsletter", "timeline", "provisioning"]);
export const Message = z.object({
  id: Id,
  source: z.string(),
  sourceId: Id.nullable(),
  contactId: Id.nullable(),
  channel: Channel,
  address: z.string().nullable(),
  subject: z.string().nullable(),
  state: MessageState,
  reason: z.string().nullable(),
  /** The server's answer, word for word, where there is one. */
  detail: z.string().nullable(),
  provider: z.string().nullable(),
  providerMessageId: z.string().nullable(),
  attempts: z.number().int(),
  createdAt: Instant,
  acceptedAt: Instant.nullable(),
  updatedAt: Instant,
});
export type Message = z.infer<typeof Message>;

const OneMessage = z.strictObject({
  channel: Channel,
  to: z.string().trim().min(3).max(320).optional(),
  contactId: Id.optional(),
  content: Content.optional(),
  templateId: Id.optional(),
  vars: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
  kind: z.enum(["transactional", "alert"]).default("transactional"),
});
const messageFilter = {
  to: clean(z.string().trim().max(320)).optional(),
  contactId: Id.optional(),
  state: MessageState.optional(),
  reason: clean(z.string().max(100)).optional(),
  channel: Channel.optional(),
  source: MessageSource.optional(),
  sourceId: Id.optional(),
  from: GivenInstant.optional(),
  until: GivenInstant.optional(),
  q: clean(z.string().trim().max(320)).optional(),
};

export const messages = {
  group: "campaigns",
  actions: {
    send: action({
      summary: "Sends one transactional message or alert, or many as `{ messages: [...] }` (at most 1,000)",
      permission: "send",
      scope: "community",
      rest: { method: "POST", path: "/messages", status: 202, idempotent: true, adds: true },
      params: z.strictObject({
        ...OneMessage.partial().shape,
        messages: z.array(OneMessage).min(1).max(1000).optional(),
        idempotencyKey: z.string().max(200).optional(),
      }),
      result: z.object({
        id: Id.optional(),
        state: MessageState.optional(),
        messages: z.array(z.object({ id: Id, state: MessageState })).optional(),
      }),
    }),
    list: action({
      summary:
        "Searches every message: `q` is a name, part of an email, a number or the id of a message; `to` the whole address",
      permission: "read",
      scope: "community",
      rest: { method: "GET", path: "/messages" },
      params: z.strictObject({ ...listQuery, ...messageFilter }),
      result: page(Message),
    }),
    csv: action({
      summary: "The messages that a search finds as CSV, newest first, however many there are",
      permission: "read",
      roles: managers,
      scope: "community",
      rest: { method: "GET", path: "/messages.csv", produces: "text/csv" },
      params: z.strictObject({ ...messageFilter, cursor: listQuery.cursor }),
      result: CsvPiece,
      timeout: 60_000,
    }),
    count: action({
      summary: "How many messages a search finds, exactly",
      permission: "read",
      scope: "community",
      rest: { method: "GET", path: "/message-count" },
      params: z.strictObject({ ...messageFilter }),
      result: z.object({ count: z.number().int() }),
      timeout: 30_000,
    }),
    get: action({
      summary: "Shows one message with its events",
      permission: "read",
      scope: "community",
      rest: { method: "GET", path: "/messages/:id" },
      params: byId,
      result: Message.extend({
        /** Name of the campaign, where one asked for it. */
        sourceName: z.string().nullable(),
        events: z.array(z.object({ id: Id, type: z.string(), at: Instant, url: z.string().nullable() })),
      }),
    }),
    track: action({
      summary: "Resolves a signed open, click or unsubscribe token; records opens and clicks by job",
      permission: "none",
      params: z.strictObject({
        token: z.string().max(200),
        purpose: z.enum(["open", "click", "unsubscribe"]),
        userAgent: z.string().max(500).optional(),
        addressHash: z.string().max(100).optional(),
      }),
      result: z.object({
        messageId: Id,
        location: z.string().nullable(),
        address: z.string().nullable(),
        unsubscribed: z.boolean(),
      }),
    }),
    unsubscribe: action({
      summary: "Acts on a signed unsubscribe token: consent is revoked and the address suppressed for bulk mail",
      permission: "none",
      params: z.strictObject({ token: z.string().max(200) }),
      result: z.object({ address: z.string().nullable() }),
    }),
  },
  events: {
    "message.opened": event(z.object({ messageId: Id, contactId: Id.nullable() })),
    "message.delivered": event(z.object({ messageId: Id, contactId: Id.nullable() })),
    /** `hard`: the address is dead; otherwise this message did not arrive, and another may. */
    "message.bounced": event(z.object({ messageId: Id, contactId: Id.nullable(), hard: z.boolean() })),
    "message.complained": event(z.object({ messageId: Id, contactId: Id.nullable() })),
    "message.clicked": event(z.object({ messageId: Id, contactId: Id.nullable(), url: z.string() })),
  },
  jobs: {
    "tracking.click-record": job({
      queue: "default",
      input: z.object({
        messageId: Id,
        type: z.enum(["opened", "clicked"]),
        url: z.string().nullable(),
        at: Instant,
        userAgent: z.string().nullable(),
        addressHash: z.string().nullable(),
      }),
    }),
    "messages.partition": job({ queue: "default", input: z.object({}) }),
  },
} as const;
