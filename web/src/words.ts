// The words on screen: what the API's states and reasons mean to a person, and numbers and times as people read them.
import type { CampaignStatus } from "../../shared/contracts/campaigns.ts";
import type { MessageState } from "../../shared/contracts/messages.ts";

export type Tone = "neutral" | "accent" | "good" | "warn" | "bad";
export interface Word {
  readonly label: string;
  readonly tone: Tone;
}

export const campaignWords: Readonly<Record<CampaignStatus, Word & { readonly sentence: string }>> = {
  draft: {
    label: "draft",
    tone: "neutral",
    sentence: "Nothing has been sent. It waits to be finished and launched.",
  },
  scheduled: { label: "scheduled", tone: "accent", sentence: "It starts by itself at its time." },
  preparing: {
    label: "being prepared",
    tone: "accent",
    sentence: "The audience is being written to the ledger; sending starts in a moment.",
  },
  running: { label: "sending", tone: "accent", sentence: "Messages are going out." },
  paused: {
    label: "paused",
    tone: "warn",
    sentence: "Nothing goes out until it is resumed. What is queued stays queued.",
  },
  completed: { label: "completed", tone: "good", sentence: "Every person of the audience has an outcome." },
  cancelled: {
    label: "cancelled",
    tone: "neutral",
    sentence: "It was ended. Messages that had not left were cancelled.",
  },
  held: { label: "waiting for your release", tone: "warn", sentence: "It stopped and waits for a decision." },
};

export const stateWords: Readonly<Record<MessageState, Word>> = {
  queued: { label: "queued", tone: "neutral" },
  claimed: { label: "being prepared", tone: "accent" },
  handing_off: { label: "being handed over", tone: "accent" },
  accepted: { label: "taken by the provider", tone: "good" },
  delivered: { label: "delivered", tone: "good" },
  skipped: { label: "not sent", tone: "neutral" },
  failed: { label: "failed", tone: "bad" },
  bounced: { label: "bounced", tone: "bad" },
  unknown: { label: "may have been sent: decide", tone: "warn" },
  cancelled: { label: "cancelled", tone: "neutral" },
};

/** States in the order a message lives through them. */
export const stateOrder: readonly MessageState[] = [
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
];

const reasons: Readonly<Record<string, string>> = {
  suppressed: "on the suppression list",
  no_consent: "no consent for this channel",
  no_address: "no address for this channel",
  reserved_address: "an example address, which is nobody's",
  not_on_allowlist: "not on the list of permitted addresses",
  rejected: "refused by the server",
  gave_up: "tried too often",
  duplicate_address: "another contact has the same address",
  missing_field: "a merge field is empty",
  bounced_before: "bounced before",
  capped: "reached the limit of messages",
  unknown_closed: "closed by hand, outcome unknown",
  unknown_messages: "some messages may have been sent",
  restored: "it comes from a backup, and may have been sent after it was taken",
  preparation_failed: "its audience could not be written down; resume tries again",
  sender_incomplete: "the sender account lacks its address or postal address; fill it in, then resume",
  public_url_not_reachable: "PUBLIC_URL cannot be reached by recipients",
  provider_missing: "no provider is set up to send with",
  audience_gone: "its segment was deleted or can no longer be used",
  hard_bounce: "mailbox does not exist",
  soft_bounce: "mailbox refused for the moment",
  soft_bounces: "refused several messages in a row",
  campaign_cancelled: "the campaign was cancelled",
  complaint: "marked as spam",
  unsubscribed: "unsubscribed",
  manual: "added by hand",
  stop: "replied STOP",
  erased: "the person was erased",
  no_answer: "no answer after the hand-over",
};

/** Why messages did not arrive, as the search offers it. */
export const messageReasons: readonly string[] = [
  "no_consent",
  "suppressed",
  "bounced_before",
  "no_address",
  "duplicate_address",
  "missing_field",
  "hard_bounce",
  "soft_bounce",
  "rejected",
  "gave_up",
  "no_answer",
  "restored",
  "unknown_closed",
  "campaign_cancelled",
  "erased",
];

const events: Readonly<Record<string, string>> = {
  opened: "opened",
  clicked: "clicked a link",
  delivered: "delivered",
  bounced: "bounced",
  unsubscribed: "unsubscribed",
  complained: "marked as spam",
  replied: "replied",
};
/** What a person or a provider did with a message. */
export const eventWords = (type: string): string => events[type] ?? type;

const sources: Readonly<Record<string, string>> = {
  campaign: "a campaign",
  transactional: "a single message",
  alert: "an alert",
};
/** What asked for a message. */
export const sourceWords = (source: string): string => sources[source] ?? `a ${source}`;

const channels: Readonly<Record<string, string>> = { email: "email", sms: "SMS", call: "phone calls" };
/** A channel in running text. */
export const channelWords = (channel: string): string => channels[channel] ?? channel;

/** Who a message was for: its address, or why there is none. */
export const addressOf = (message: { address: string | null; reason: string | null }): string =>
  message.address ?? (message.reason === "no_address" ? "no address" : "erased person");

/** A reason code in words; an unknown one is shown as it is, with spaces. */
export const reasonWords = (reason: string): string => reasons[reason] ?? reason.replaceAll("_", " ");

/** What stands between a contact and a bulk email. */
export const reachWords = {
  open: "may get email",
  no_consent: "no consent for email",
  suppressed: "suppressed",
  no_address: "no email address",
} as const;
export const kindWords = { person: "person", business: "business" } as const;
export const stageWords = {
  awareness: "awareness",
  engagement: "engagement",
  sales: "sales",
  retention: "retention",
  churn: "churn",
} as const;

const whole = new Intl.NumberFormat("en");
/** 12345 → 12,345. */
export const count = (value: number): string => whole.format(value);
/** A count with its noun: 1 contact, 2 contacts. */
export const counted = (value: number, one: string, many = `${one}s`): string =>
  `${count(value)} ${value === 1 ? one : many}`;
/** 0.256 → 26 %; small shares keep a decimal. */
export const share = (part: number, all: number): string => {
  if (all === 0) return "0%";
  const percent = (100 * part) / all;
  return `${percent > 0 && percent < 10 ? percent.toFixed(1).replace(/\.0$/, "") : Math.round(percent)}%`;
};

/** Seconds in words: 45 s, 3 min, 2 h 10 min. */
export const duration = (seconds: number): string => {
  if (seconds < 1) return "under a second";
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.round((seconds % 3600) / 60);
  return hours >= 48 ? `${Math.round(hours / 24)} days` : minutes === 0 ? `${hours} h` : `${hours} h ${minutes} min`;
};

const dateTime = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" });
const dateOnly = new Intl.DateTimeFormat("en", { dateStyle: "medium" });
const timeOnly = new Intl.DateTimeFormat("en", { timeStyle: "short" });
/** An instant as date and time in the reader's time zone. */
export const moment = (at: string): string => dateTime.format(new Date(at));
/** An instant as short as it can be said: the time today, else the date. */
export const shortMoment = (at: string, now = new Date()): string => {
  const date = new Date(at);
  return date.toDateString() === now.toDateString() ? timeOnly.format(date) : dateOnly.format(date);
};

const longDate = new Intl.DateTimeFormat("en", { dateStyle: "full" });
/** The day of an instant in the reader's time zone: Today, Yesterday, or its date. */
export const dayOf = (at: string, now = new Date()): string => {
  const day = new Date(at).toDateString();
  if (day === now.toDateString()) return "Today";
  const yesterday = new Date(now);
  yesterday.setDate(now.getDate() - 1);
  return day === yesterday.toDateString() ? "Yesterday" : longDate.format(new Date(at));
};
/** The time of day of an instant. */
export const timeOf = (at: string): string => timeOnly.format(new Date(at));

/** A contact's name, or what else it is known by. */
export const contactName = (contact: {
  firstName: string | null;
  lastName: string | null;
  orgName: string | null;
  email: string | null;
  phone: string | null;
}): string =>
  [contact.firstName, contact.lastName].filter(Boolean).join(" ") ||
  contact.orgName ||
  contact.email ||
  contact.phone ||
  "No name";

/** Bytes as people say them. */
export const size = (bytes: number): string =>
  bytes < 1024
    ? `${bytes} B`
    : bytes < 1024 ** 2
      ? `${Math.round(bytes / 1024)} KB`
      : `${(bytes / 1024 ** 2).toFixed(1)} MB`;
