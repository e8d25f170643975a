// Contracts of the campaigns group: templates, campaigns, and the messages of the ledger.
import { z } from "zod";
import { action, byId, Done, event, Id, Instant, job, listQuery, page } from "./contract.ts";
import { Channel } from "./contacts.ts";

export const CampaignStatus = z.enum(["draft", "scheduled", "preparing", "running", "paused", "completed", "cancelled", "held"]);
export type CampaignStatus = z.infer<typeof CampaignStatus>;
export const MessageState = z.enum(["queued", "claimed", "handing_off", "accepted", "delivered", "skipped", "failed", "bounced", "unknown", "cancelled"]);
export type MessageState = z.infer<typeof MessageState>;

const name = z.string().trim().min(1).max(200);
const html = z.string().max(2_000_000);
const subject = z.string().trim().min(1).max(998);

/** Exactly one of: everybody, a segment, a tag. */
export const Audience = z
  .strictObject({ all: z.literal(true).optional(), segmentId: Id.optional(), tag: z.string().min(1).max(100).optional() })
  .refine((a) => [a.all, a.segmentId, a.tag].filter((v) => v !== undefined).length === 1, "give exactly one of all, segmentId and tag");
/** Email: subject and html (text is made when absent); sms: body; call: script; or a published template. */
export const Content = z.strictObject({
  subject: subject.optional(),
  html: html.optional(),
  text: z.string().max(1_000_000).optional(),
  body: z.string().max(1600).optional(),
  script: z.string().max(20_000).optional(),
  templateId: Id.optional(),
});
export const Schedule = z.strictObject({ at: Instant, perRecipientTimezone: z.boolean().optional() });
export const Rate = z.strictObject({ perSecond: z.number().positive().max(10_000) });

export const Campaign = z.object({
  id: Id,
  name: z.string(),
  channel: Channel,
  status: CampaignStatus,
  heldReason: z.string().nullable(),
  audience: Audience,
  content: Content,
  schedule: Schedule.nullable(),
  rate: Rate.nullable(),
  createdAt: Instant,
  updatedAt: Instant,
  launchedAt: Instant.nullable(),
  completedAt: Instant.nullable(),
});
export type Campaign = z.infer<typeof Campaign>;

export const Preflight = z.object({
  recipients: z.number().int(),
  excluded: z.record(z.string(), z.number().int()),
  missingFields: z.array(z.object({ field: z.string(), contacts: z.number().int() })),
  estimate: z.object({ seconds: z.number(), cost: z.number() }),
  /** What would make launch refuse, each with its error code. */
  problems: z.array(z.object({ code: z.string(), message: z.string() })),
});
const counts = z.object({ human: z.number().int(), all: z.number().int() });
export const CampaignStats = z.object({
  status: CampaignStatus,
  heldReason: z.string().nullable(),
  recipients: z.number().int(),
  states: z.record(MessageState, z.number().int()),
  reasons: z.record(z.string(), z.number().int()),
  opens: counts,
  clicks: counts,
  replies: z.number().int(),
  unsubscribes: z.number().int(),
  complaints: z.number().int(),
  ratePerSecond: z.number(),
  etaSeconds: z.number().nullable(),
});
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

const writable = { name, channel: Channel, audience: Audience, content: Content, schedule: Schedule.optional(), rate: Rate.optional() };
const act = (verb: string, summary: string, permission: "write" | "send" = "send") =>
  action({ summary, permission, rest: { method: "POST", path: `/campaigns/:id/${verb}`, status: 202 }, params: byId, result: z.object({ id: Id, status: CampaignStatus }), timeout: 30_000 });

export const campaigns = {
  group: "campaigns",
  actions: {
    list: action({ summary: "Lists campaigns, newest first", permission: "read", rest: { method: "GET", path: "/campaigns" }, params: z.strictObject({ ...listQuery, status: CampaignStatus.optional(), q: z.string().max(200).optional() }), result: page(Campaign) }),
    get: action({ summary: "Shows one campaign", permission: "read", rest: { method: "GET", path: "/campaigns/:id" }, params: byId, result: Campaign }),
    create: action({ summary: "Creates a draft", permission: "write", rest: { method: "POST", path: "/campaigns", status: 201, idempotent: true }, params: z.strictObject(writable), result: Campaign }),
    update: action({
      summary: "Changes a draft",
      permission: "write",
      rest: { method: "PATCH", path: "/campaigns/:id" },
      params: z.strictObject({ id: Id, name: name.optional(), audience: Audience.optional(), content: Content.optional(), schedule: Schedule.nullable().optional(), rate: Rate.nullable().optional() }),
      result: Campaign,
    }),
    remove: action({ summary: "Deletes a draft", permission: "write", rest: { method: "DELETE", path: "/campaigns/:id", status: 204 }, params: byId, result: Done }),
    clone: action({ summary: "Makes a new draft with the same audience and content", permission: "write", rest: { method: "POST", path: "/campaigns/:id/clone", status: 201 }, params: byId, result: Campaign }),
    preflight: action({ summary: "Counts who would get it, who would not and why, before anything is sent", permission: "read", rest: { method: "POST", path: "/campaigns/:id/preflight" }, params: byId, result: Preflight, timeout: 60_000 }),
    launch: action({ summary: "Launches now, or at the campaign's scheduled time. A second launch is refused with 409", permission: "send", rest: { method: "POST", path: "/campaigns/:id/launch", status: 202, idempotent: true }, params: byId, result: z.object({ id: Id, status: CampaignStatus }), timeout: 30_000 }),
    pause: act("pause", "Stops sending within a second; what is queued stays queued"),
    resume: act("resume", "Carries on with a paused campaign"),
    cancel: act("cancel", "Ends a campaign: queued messages are cancelled, a scheduled one returns to nobody"),
    stats: action({ summary: "Counts by state and reason, opens, clicks, rate and time left", permission: "read", rest: { method: "GET", path: "/campaigns/:id/stats" }, params: byId, result: CampaignStats }),
    messages: action({ summary: "The campaign's ledger: one row per person of the audience", permission: "read", rest: { method: "GET", path: "/campaigns/:id/messages" }, params: z.strictObject({ id: Id, ...listQuery, state: MessageState.optional(), reason: z.string().max(100).optional(), q: z.string().max(320).optional() }), result: page(Message) }),
    retry: action({
      summary: "Sends failed messages again: the listed ones, or all that failed",
      permission: "send",
      rest: { method: "POST", path: "/campaigns/:id/messages/retry", status: 202, idempotent: true },
      params: z.strictObject({ id: Id, ids: z.array(Id).max(10_000).optional(), filter: z.strictObject({ reason: z.string().max(100).optional() }).optional() }),
      result: z.object({ changed: z.number().int() }),
      timeout: 60_000,
    }),
    resolve: action({
      summary: "Decides over messages that may have been sent: `resend` queues them again, `close` ends them as failed",
      permission: "send",
      rest: { method: "POST", path: "/campaigns/:id/messages/resolve", status: 202, idempotent: true },
      params: z.strictObject({ id: Id, ids: z.array(Id).max(10_000).optional(), filter: z.strictObject({ state: z.literal("unknown").optional() }).optional(), action: z.enum(["resend", "close"]) }),
      result: z.object({ changed: z.number().int() }),
      timeout: 60_000,
    }),
  },
  events: {
    "campaign.changed": event(z.object({ campaignId: Id, status: CampaignStatus })),
  },
  jobs: {
    "campaign.due": job({ queue: "default", input: z.object({}) }),
    "campaign.launch": job({ queue: "default", input: z.object({ campaignId: Id }) }),
    "campaign.finalize": job({ queue: "default", input: z.object({ campaignId: Id }) }),
  },
} as const;

export const Template = z.object({ id: Id, name: z.string(), channel: Channel, subject: z.string().nullable(), html: z.string().nullable(), text: z.string().nullable(), publishedVersion: z.number().int().nullable(), version: z.number().int(), createdAt: Instant, updatedAt: Instant });
const templateFields = { subject: subject.nullable().optional(), html: html.nullable().optional(), text: z.string().max(1_000_000).nullable().optional() };
export const TemplateLint = z.object({ fields: z.array(z.string()), warnings: z.array(z.object({ path: z.string(), message: z.string() })) });
export const templates = {
  group: "campaigns",
  actions: {
    list: action({ summary: "Lists templates", permission: "read", rest: { method: "GET", path: "/templates" }, params: z.strictObject({ ...listQuery, q: z.string().max(100).optional() }), result: page(Template) }),
    get: action({ summary: "Shows one template", permission: "read", rest: { method: "GET", path: "/templates/:id" }, params: byId, result: Template }),
    create: action({ summary: "Creates a template", permission: "write", rest: { method: "POST", path: "/templates", status: 201 }, params: z.strictObject({ name, channel: Channel.default("email"), ...templateFields }), result: Template }),
    update: action({ summary: "Changes the draft of a template; `version` guards against overwriting another's change (If-Match)", permission: "write", rest: { method: "PATCH", path: "/templates/:id" }, params: z.strictObject({ id: Id, name: name.optional(), ...templateFields, version: z.coerce.number().int().optional() }), result: Template }),
    remove: action({ summary: "Deletes a template; published versions in use stay readable", permission: "write", rest: { method: "DELETE", path: "/templates/:id", status: 204 }, params: byId, result: Done }),
    publish: action({ summary: "Freezes the draft as a new version that campaigns can use", permission: "write", rest: { method: "POST", path: "/templates/:id/publish" }, params: byId, result: Template }),
    preview: action({
      summary: "Renders the draft for one contact or for example values",
      permission: "read",
      rest: { method: "POST", path: "/templates/:id/preview" },
      params: z.strictObject({ id: Id, contactId: Id.optional(), vars: z.record(z.string(), z.string()).optional() }),
      result: z.object({ subject: z.string(), html: z.string(), text: z.string(), lint: TemplateLint }),
    }),
    render: action({
      summary: "Renders content that is not stored yet, for the wizard's preview",
      permission: "read",
      rest: { method: "POST", path: "/content/preview" },
      params: z.strictObject({ content: Content, contactId: Id.optional(), vars: z.record(z.string(), z.string()).optional() }),
      result: z.object({ subject: z.string(), html: z.string(), text: z.string(), lint: TemplateLint }),
    }),
  },
  events: {},
  jobs: {},
} as const;

const OneMessage = z.strictObject({
  channel: Channel,
  to: z.string().trim().min(3).max(320).optional(),
  contactId: Id.optional(),
  content: Content.optional(),
  templateId: Id.optional(),
  vars: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
  kind: z.enum(["transactional", "alert"]).default("transactional"),
});
export const messages = {
  group: "campaigns",
  actions: {
    send: action({
      summary: "Sends one transactional message or alert, or many as `{ messages: [...] }` (at most 1,000)",
      permission: "send",
      rest: { method: "POST", path: "/messages", status: 202, idempotent: true },
      params: z.strictObject({ ...OneMessage.partial().shape, messages: z.array(OneMessage).min(1).max(1000).optional(), idempotencyKey: z.string().max(200).optional() }),
      result: z.object({ id: Id.optional(), state: MessageState.optional(), messages: z.array(z.object({ id: Id, state: MessageState })).optional() }),
    }),
    list: action({
      summary: "Searches every message by person, address, state, reason and time",
      permission: "read",
      rest: { method: "GET", path: "/messages" },
      params: z.strictObject({ ...listQuery, to: z.string().max(320).optional(), contactId: Id.optional(), state: MessageState.optional(), reason: z.string().max(100).optional(), channel: Channel.optional(), from: Instant.optional(), until: Instant.optional() }),
      result: page(Message),
    }),
    get: action({
      summary: "Shows one message with its events",
      permission: "read",
      rest: { method: "GET", path: "/messages/:id" },
      params: byId,
      result: Message.extend({ events: z.array(z.object({ id: Id, type: z.string(), at: Instant, url: z.string().nullable() })) }),
    }),
    track: action({
      summary: "Resolves a signed open, click or unsubscribe token; records opens and clicks by job",
      permission: "none",
      params: z.strictObject({ token: z.string().max(200), purpose: z.enum(["open", "click", "unsubscribe"]), userAgent: z.string().max(500).optional(), addressHash: z.string().max(100).optional() }),
      result: z.object({ messageId: Id, location: z.string().nullable(), address: z.string().nullable(), unsubscribed: z.boolean() }),
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
    "message.clicked": event(z.object({ messageId: Id, contactId: Id.nullable(), url: z.string() })),
  },
  jobs: {
    "tracking.click-record": job({ queue: "default", input: z.object({ messageId: Id, type: z.enum(["opened", "clicked"]), url: z.string().nullable(), at: Instant, userAgent: z.string().nullable(), addressHash: z.string().nullable() }) }),
    "messages.partition": job({ queue: "default", input: z.object({}) }),
  },
} as const;

export const email = {
  group: "email",
  actions: {
    status: action({ summary: "What this email process is doing: provider, in flight, sent", permission: "read", params: z.strictObject({}), result: z.object({ provider: z.string(), inFlight: z.number().int(), sent: z.number().int() }) }),
  },
  events: {},
  jobs: {
    "email.send-batch": job({ queue: "emails", input: z.object({}) }),
  },
} as const;
