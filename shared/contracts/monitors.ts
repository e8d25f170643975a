// Contracts of the monitors service: rules that watch the platform, the incidents they open, and whom they tell.
import { z } from "zod";
import { action, byId, clean, Done, GivenInstant, Id, Instant, job, listQuery, page } from "./contract.ts";

/**
 * What a rule looks at. `queue-age`: seconds that the oldest due job waits; `wait-p95`: seconds that 95 of 100 jobs of the
 * last minutes waited less than; `failure-rate`: percent of a type's runs that failed; `dead-letters`: events that nobody
 * could handle; `no-throughput`: seconds in which work waits and nothing moves; `missed-slots`: moments that the clock
 * missed within an hour; `outbox-lag`: seconds that the oldest event waits for Redis; `redis-memory`: percent of its
 * limit; `redis-settings`: settings that could lose work; `redis-away`: 1 while it does not answer; `campaigns-held`:
 * campaigns that wait for somebody; `hold-age`: hours that a queue or type has been held;
 * `workers-gone`: processes that fell silent without a goodbye within ten minutes.
 */
export const MonitorKind = z.enum([
  "queue-age",
  "wait-p95",
  "failure-rate",
  "dead-letters",
  "no-throughput",
  "missed-slots",
  "outbox-lag",
  "redis-memory",
  "redis-settings",
  "redis-away",
  "campaigns-held",
  "hold-age",
  "workers-gone",
]);
export type MonitorKind = z.infer<typeof MonitorKind>;
export const MonitorUnit = z.enum(["seconds", "percent", "hours", "count"]);
export type MonitorUnit = z.infer<typeof MonitorUnit>;

const Silence = z.object({ until: Instant, reason: z.string().nullable(), by: Id.nullable() });
const Reading = z.object({ value: z.number(), subject: z.string() });

export const Monitor = z.object({
  id: Id,
  kind: MonitorKind,
  name: z.string(),
  /** What it means, as a sentence. */
  sentence: z.string(),
  /** The one queue or job type it is about; null: each by itself. */
  subject: z.string().nullable(),
  unit: MonitorUnit,
  threshold: z.number(),
  /** Recovered at this value or below. */
  clearAt: z.number(),
  forSeconds: z.number().int(),
  clearForSeconds: z.number().int(),
  enabled: z.boolean(),
  builtIn: z.boolean(),
  silenced: Silence.nullable(),
  /** `rising`: over the threshold, not yet for long enough. */
  state: z.enum(["calm", "rising", "open", "off"]),
  /** The worst it read at the last look; null when it could not be read or nobody looked yet. */
  last: Reading.nullable(),
  updatedAt: Instant,
});

export const Incident = z.object({
  id: Id,
  monitorId: Id,
  name: z.string(),
  kind: MonitorKind,
  unit: MonitorUnit,
  /** A queue, a job type, a group; empty when the rule is about one thing. */
  subject: z.string(),
  /** What is wrong, as a sentence. */
  sentence: z.string(),
  state: z.enum(["open", "recovered"]),
  openedAt: Instant,
  /** While it is open: since when it is well again, which has to last before it is over. */
  wellSince: Instant.nullable(),
  recoveredAt: Instant.nullable(),
  openingValue: z.number(),
  worstValue: z.number(),
  lastValue: z.number(),
  detail: z.string().nullable(),
  /** How often it came back shortly after a recovery. */
  flaps: z.number().int(),
  /** When somebody was told last; null while it is silenced. */
  notifiedAt: Instant.nullable(),
});

export const Notice = z.object({
  id: Id,
  at: Instant,
  test: z.boolean(),
  title: z.string(),
  /** Mails in the ledger. */
  emailed: z.number().int(),
  /** Null when there was no webhook. */
  webhook: z.enum(["waiting", "sent", "failed"]).nullable(),
  webhookError: z.string().nullable(),
});

export const AlertChannels = z.object({
  email: z.object({
    on: z.boolean(),
    /** Empty: all owners. */
    to: z.array(z.string()),
    /** Who that is right now. */
    recipients: z.array(z.string()),
    /** Why no mail would leave; null when it would. */
    problem: z.string().nullable(),
  }),
  webhook: z.object({
    url: z.string().nullable(),
    /** Signs each call, as Standard Webhooks describes it. */
    secret: z.string(),
  }),
  reminderHours: z.number().int(),
  silenced: Silence.nullable(),
  /** The newest notices. */
  notices: z.array(Notice),
});

const word = clean(z.string().trim().min(1).max(200));
const seconds = z.number().int().min(0).max(86_400);
const value = z.number().min(0).max(100_000_000);
const rule = {
  name: word,
  subject: word.nullable().optional(),
  threshold: value,
  /** At least the threshold's four fifths when absent, or for counts the threshold itself. */
  clearAt: value.nullable().optional(),
  forSeconds: seconds.optional(),
  clearForSeconds: seconds.optional(),
  enabled: z.boolean().optional(),
};
const silence = { until: GivenInstant, reason: word.optional() };

export const monitors = {
  group: "scheduler",
  actions: {
    list: action({
      summary: "The rules that watch the platform, each with what it read last",
      permission: "read",
      scope: "organisation",
      rest: { method: "GET", path: "/monitors" },
      params: z.strictObject({}),
      result: z.object({
        data: z.array(Monitor),
        /** When somebody looked last; null: nobody has. */
        evaluatedAt: Instant.nullable(),
      }),
    }),
    create: action({
      summary: "Makes a rule",
      permission: "admin",
      rest: { method: "POST", path: "/monitors", status: 201 },
      params: z.strictObject({ kind: MonitorKind, ...rule }),
      result: Monitor,
    }),
    update: action({
      summary: "Changes a rule, or switches it on or off",
      permission: "admin",
      rest: { method: "PATCH", path: "/monitors/:id" },
      params: z.strictObject({ id: Id, ...rule, name: rule.name.optional(), threshold: rule.threshold.optional() }),
      result: Monitor,
    }),
    remove: action({
      summary: "Deletes a rule with its incidents; built-in ones can only be switched off",
      permission: "admin",
      rest: { method: "DELETE", path: "/monitors/:id", status: 204 },
      params: byId,
      result: Done,
    }),
    silence: action({
      summary: "Silences a rule until a time: incidents open, and nobody is told",
      permission: "admin",
      rest: { method: "POST", path: "/monitors/:id/silence" },
      params: z.strictObject({ id: Id, ...silence }),
      result: Monitor,
    }),
    unsilence: action({
      summary: "Ends the silence of a rule; what is still open is told then",
      permission: "admin",
      rest: { method: "POST", path: "/monitors/:id/unsilence" },
      params: byId,
      result: Monitor,
    }),
    test: action({
      summary: "Sends a test notice as this rule would, by every channel that is on",
      permission: "admin",
      rest: { method: "POST", path: "/monitors/:id/test", status: 202 },
      params: byId,
      result: Notice,
    }),
    incidents: action({
      summary: "Incidents, newest first",
      permission: "read",
      scope: "organisation",
      rest: { method: "GET", path: "/incidents" },
      params: z.strictObject({
        ...listQuery,
        state: z.enum(["open", "recovered"]).optional(),
        monitorId: Id.optional(),
      }),
      result: page(Incident),
    }),
    channels: action({
      summary: "Whom incidents are told to, and what was told lately",
      permission: "admin",
      rest: { method: "GET", path: "/alert-channels" },
      params: z.strictObject({}),
      result: AlertChannels,
    }),
    setChannels: action({
      summary: "Changes whom incidents are told to; `newSecret` replaces the webhook's secret",
      permission: "admin",
      rest: { method: "PATCH", path: "/alert-channels" },
      params: z.strictObject({
        emailOn: z.boolean().optional(),
        emailTo: z.array(z.string().trim().max(254)).max(20).optional(),
        webhookUrl: z.string().trim().max(2_000).nullable().optional(),
        reminderHours: z.number().int().min(1).max(168).optional(),
        newSecret: z.boolean().optional(),
      }),
      result: AlertChannels,
    }),
    testChannels: action({
      summary: "Sends a test notice by every channel that is on",
      permission: "admin",
      rest: { method: "POST", path: "/alert-channels/test", status: 202 },
      params: z.strictObject({}),
      result: Notice,
    }),
    silenceAll: action({
      summary: "Silences every rule until a time",
      permission: "admin",
      rest: { method: "POST", path: "/alert-channels/silence" },
      params: z.strictObject(silence),
      result: AlertChannels,
    }),
    unsilenceAll: action({
      summary: "Ends the silence over every rule",
      permission: "admin",
      rest: { method: "POST", path: "/alert-channels/unsilence" },
      params: z.strictObject({}),
      result: AlertChannels,
    }),
  },
  events: {},
  jobs: {
    "monitors.call-webhook": job({ queue: "default", input: z.object({ noticeId: Id }) }),
    "monitors.prune": job({ queue: "default", input: z.object({}) }),
  },
} as const;
