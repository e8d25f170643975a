// What stands in an address behind the question mark, and what of it is taken: everything else is left out.
import type { ActivityType } from "../../shared/contracts/activity.ts";
import type { CampaignStatus } from "../../shared/contracts/campaigns.ts";
import type { Channel } from "../../shared/contracts/channel.ts";
import type { MessageState } from "../../shared/contracts/messages.ts";
import type { ApiParams } from "./api.ts";

export type Raw = Record<string, unknown>;
/** Text, also of a number; undefined for everything else and for nothing. */
export const text = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : typeof value === "number" ? String(value) : undefined;
/** Search parameters without the absent ones, so that URLs stay short. */
export const present = <T extends object>(fields: T): { [K in keyof T]?: T[K] | undefined } =>
  Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined && value !== false),
  ) as Partial<T>;
/** The value when it is one of the names. */
export const oneOf = <K extends string>(words: Readonly<Partial<Record<K, unknown>>>, value: unknown): K | undefined =>
  typeof value === "string" && Object.hasOwn(words, value) ? (value as K) : undefined;

// What search parameters may say. By name only: the words for them load with the screens.
export const campaignStates: Readonly<Record<CampaignStatus, true>> = {
  draft: true,
  scheduled: true,
  preparing: true,
  running: true,
  paused: true,
  completed: true,
  cancelled: true,
  held: true,
};
export const messageStates: Readonly<Record<MessageState, true>> = {
  queued: true,
  claimed: true,
  handing_off: true,
  accepted: true,
  delivered: true,
  skipped: true,
  failed: true,
  bounced: true,
  unknown: true,
  cancelled: true,
};
type Filter = ApiParams<"contacts.list">;
export const kindNames: Readonly<Record<NonNullable<Filter["kind"]>, true>> = { person: true, business: true };
export const stageNames: Readonly<Record<NonNullable<Filter["stage"]>, true>> = {
  awareness: true,
  engagement: true,
  sales: true,
  retention: true,
  churn: true,
};
export const reachNames: Readonly<Record<NonNullable<Filter["reach"]>, true>> = {
  open: true,
  no_consent: true,
  suppressed: true,
  no_address: true,
};
/** A day as date fields write it. */
export const day = (value: unknown): string | undefined =>
  typeof value === "string" && /^\d{4}-\d\d-\d\d$/.test(value) && !Number.isNaN(Date.parse(value)) ? value : undefined;
export type Source = NonNullable<ApiParams<"messages.list">["source"]>;
export const sourceNames: Readonly<Partial<Record<Source, true>>> = {
  campaign: true,
  transactional: true,
  alert: true,
};
export const channelNames: Readonly<Record<Channel, true>> = { email: true, sms: true, call: true };
export const letterStates = { dead: true, replayed: true, dropped: true } as const;
export const activityTypes: Readonly<Record<ActivityType, true>> = {
  message: true,
  event: true,
  consent: true,
  suppression: true,
  import: true,
  created: true,
};
export const jobStateNames: Readonly<Record<NonNullable<ApiParams<"jobs.list">["state"]>, true>> = {
  scheduled: true,
  queued: true,
  running: true,
  completed: true,
  failed: true,
  cancelled: true,
};
type Webhooks = ApiParams<"webhooks.list">;
export const webhookStates: Readonly<Record<NonNullable<Webhooks["state"]>, true>> = {
  received: true,
  processed: true,
  ignored: true,
  failed: true,
};
export const webhookProviders: Readonly<Record<NonNullable<Webhooks["provider"]>, true>> = {
  resend: true,
  postmark: true,
  ses: true,
  sendgrid: true,
  imap: true,
};
