// Contracts of the campaigns service: drafts, preflight, launch, life cycle, numbers, and the ledger of one campaign.
import { z } from "zod";
import { Channel } from "./channel.ts";
import { Content, Name } from "./content.ts";
import { action, authors, byId, Done, event, GivenInstant, Id, Instant, job, listQuery, page } from "./contract.ts";
import { Message, MessageState } from "./messages.ts";

export const CampaignStatus = z.enum([
  "draft",
  "scheduled",
  "preparing",
  "running",
  "paused",
  "completed",
  "cancelled",
  "held",
]);
export type CampaignStatus = z.infer<typeof CampaignStatus>;

/** Exactly one of: everybody, a segment, a tag. */
export const Audience = z
  .strictObject({
    all: z.literal(true).optional(),
    segmentId: Id.optional(),
    tag: z.string().min(1).max(100).optional(),
  })
  .refine(
    (a) => [a.all, a.segmentId, a.tag].filter((v) => v !== undefined).length === 1,
    "give exactly one of all, segmentId and tag",
  );
export const Schedule = z.strictObject({ at: GivenInstant, perRecipientTimezone: z.boolean().optional() });
export const Rate = z.strictObject({ perSecond: z.number().min(0.01).max(10_000) });

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
  /** Whose people it is for: null for everybody's, else only those of these communities. */
  communities: z.array(Id).nullable(),
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
  /** Imports that brought people who are left out because nothing was ever said about their consent. */
  consentOffers: z.array(
    z.object({ importId: Id, fileName: z.string(), importedAt: Instant, contacts: z.number().int() }),
  ),
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
const writable = {
  name: Name,
  channel: Channel,
  audience: Audience,
  content: Content,
  schedule: Schedule.optional(),
  rate: Rate.optional(),
};
const act = (verb: string, summary: string, permission: "write" | "send" = "send") =>
  action({
    summary,
    permission,
    scope: "community",
    rest: { method: "POST", path: `/campaigns/:id/${verb}`, status: 202 },
    params: byId,
    result: z.object({ id: Id, status: CampaignStatus }),
    timeout: 30_000,
  });

export const campaigns = {
  group: "campaigns",
  actions: {
    list: action({
      summary: "Lists campaigns, newest first",
      permission: "read",
      scope: "community",
      rest: { method: "GET", path: "/campaigns" },
      params: z.strictObject({ ...listQuery, status: CampaignStatus.optional(), q: z.string().max(200).optional() }),
      result: page(Campaign),
    }),
    get: action({
      summary: "Shows one campaign",
      permission: "read",
      scope: "community",
      rest: { method: "GET", path: "/campaigns/:id" },
      params: byId,
      result: Campaign,
    }),
    create: action({
      summary: "Creates a draft",
      permission: "write",
      roles: authors,
      scope: "community",
      rest: { method: "POST", path: "/campaigns", status: 201, idempotent: true },
      params: z.strictObject(writable),
      result: Campaign,
    }),
    update: action({
      summary: "Changes a draft",
      permission: "write",
      roles: authors,
      scope: "community",
      rest: { method: "PATCH", path: "/campaigns/:id" },
      params: z.strictObject({
        id: Id,
        name: Name.optional(),
        audience: Audience.optional(),
        content: Content.optional(),
        schedule: Schedule.nullable().optional(),
        rate: Rate.nullable().optional(),
      }),
      result: Campaign,
    }),
    remove: action({
      summary: "Deletes a draft",
      permission: "write",
      roles: authors,
      scope: "community",
      rest: { method: "DELETE", path: "/campaigns/:id", status: 204 },
      params: byId,
      result: Done,
    }),
    clone: action({
      summary: "Makes a new draft with the same audience and content",
      permission: "write",
      roles: authors,
      scope: "community",
      rest: { method: "POST", path: "/campaigns/:id/clone", status: 201 },
      params: byId,
      result: Campaign,
    }),
    preflight: action({
      summary: "Counts who would get it, who would not and why, before anything is sent",
      permission: "read",
      scope: "community",
      rest: { method: "POST", path: "/campaigns/:id/preflight" },
      params: byId,
      result: Preflight,
      timeout: 60_000,
    }),
    launch: action({
      summary: "Launches now, or at the campaign's scheduled time. A second launch is refused with 409",
      permission: "send",
      scope: "community",
      rest: { method: "POST", path: "/campaigns/:id/launch", status: 202, idempotent: true, adds: true },
      params: byId,
      result: z.object({ id: Id, status: CampaignStatus }),
      timeout: 30_000,
    }),
    pause: act("pause", "Stops sending within a second; what is queued stays queued"),
    resume: act("resume", "Carries on with a paused campaign"),
    cancel: act("cancel", "Ends a campaign: queued messages are cancelled, a scheduled one returns to nobody"),
    stats: action({
      summary: "Counts by state and reason, opens, clicks, rate and time left",
      permission: "read",
      scope: "community",
      rest: { method: "GET", path: "/campaigns/:id/stats" },
      params: byId,
      result: CampaignStats,
    }),
    messages: action({
      summary: "The campaign's ledger: one row per person of the audience",
      permission: "read",
      scope: "community",
      rest: { method: "GET", path: "/campaigns/:id/messages" },
      params: z.strictObject({
        id: Id,
        ...listQuery,
        state: MessageState.optional(),
        reason: z.string().max(100).optional(),
        q: z.string().max(320).optional(),
      }),
      result: page(Message),
    }),
    retry: action({
      summary: "Sends failed messages again: the listed ones, or all that failed",
      permission: "send",
      scope: "community",
      rest: { method: "POST", path: "/campaigns/:id/messages/retry", status: 202, idempotent: true, adds: true },
      params: z.strictObject({
        id: Id,
        ids: z.array(Id).max(10_000).optional(),
        filter: z.strictObject({ reason: z.string().max(100).optional() }).optional(),
      }),
      result: z.object({ changed: z.number().int() }),
      timeout: 60_000,
    }),
    resolve: action({
      summary: "Decides over messages that may have been sent: `resend` queues them again, `close` ends them as failed",
      permission: "send",
      scope: "community",
      rest: { method: "POST", path: "/campaigns/:id/messages/resolve", status: 202, idempotent: true },
      params: z.strictObject({
        id: Id,
        ids: z.array(Id).max(10_000).optional(),
        filter: z.strictObject({ state: z.literal("unknown").optional() }).optional(),
        action: z.enum(["resend", "close"]),
      }),
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
    "campaign.seed-sample": job({ queue: "default", input: z.object({}) }),
    "campaign.remove-sample": job({ queue: "default", input: z.object({}) }),
  },
} as const;
