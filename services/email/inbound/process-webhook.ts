// Job webhook.process: reads one stored delivery and applies what it says. Running it again changes nothing more.
import type { Deps } from "../../../shared/broker/deps.ts";
import type { Trx } from "../../../shared/db/knex.ts";
import { RetryLater, retryLater } from "../../../shared/jobs/define.ts";
import { enqueue } from "../../../shared/jobs/enqueue.ts";
import { isSnsUrl } from "../../../shared/lib/sns-url.ts";
import { type Applied, applyFeedback, StillHandingOver } from "../../../shared/messaging/feedback.ts";
import { announceSources } from "../../../shared/messaging/progress.ts";
import { findWebhook, settleWebhook, type WebhookRow } from "../../../shared/messaging/webhook-inbox.ts";
import { callOutside } from "../../../shared/outbound/call.ts";
import { Unreadable } from "./payloads/fields.ts";
import { readPostmark } from "./payloads/postmark.ts";
import type { Reading, StoredDelivery } from "./payloads/reading.ts";
import { readReportMail } from "./payloads/report-mail.ts";
import { readResend } from "./payloads/resend.ts";
import { readSendgrid } from "./payloads/sendgrid.ts";
import { readSes } from "./payloads/ses.ts";

export interface Surroundings {
  readonly secretKeys: readonly string[];
  /** Visits the address that confirms an SNS subscription; rejects when that did not work. */
  readonly confirm: (url: string) => Promise<void>;
}

/** What is being handed over gets its answer within moments. */
const HANDING_OVER_MS = 1_000;
/** A provider's id that nobody knows may be of a message whose outcome is not written down yet. */
const EARLY_MS = 60_000;
const EARLY_RETRY_MS = 10_000;

const readersByProvider: Readonly<
  Record<
    WebhookRow["provider"],
    (delivery: StoredDelivery, secretKeys: readonly string[]) => Reading | Promise<Reading>
  >
> = {
  resend: readResend,
  postmark: readPostmark,
  ses: readSes,
  sendgrid: readSendgrid,
  imap: readReportMail,
};

/** Confirms at Amazon's own hosts only, without following redirects. */
export const confirmSubscription: Surroundings["confirm"] = async (url) => {
  if (!isSnsUrl(url)) throw new Unreadable("The subscription's address is not one of Amazon SNS");
  const { status } = await callOutside(url, { timeoutMs: 10_000, maxBytes: 0 });
  if (status < 200 || status > 299) throw new Error(`Amazon SNS answered the confirmation with ${status}`);
};

const apply = async (deps: Deps, trx: Trx, row: WebhookRow, reading: Reading): Promise<Applied> => {
  const now = deps.clock.now();
  const applied = await applyFeedback(trx, row.provider, reading.feedback, now);
  const known = applied.messageIds.length > 0;
  const byForeignId = reading.feedback.some(({ messageId, providerMessageId }) => !messageId && providerMessageId);
  if (!known && byForeignId && now.getTime() - row.received_at.getTime() < EARLY_MS)
    throw retryLater(EARLY_RETRY_MS, "No message has the provider's id yet");
  await settleWebhook(trx, row.id, {
    state: known ? "processed" : "ignored",
    error: known ? null : "It is about no message of ours",
    messageIds: applied.messageIds,
    forget: applied.erased,
  });
  for (const campaignId of applied.decided)
    await enqueue(
      trx,
      "campaign.finalize",
      { campaignId },
      { uniqueKey: campaignId, until: "started", entity: `campaign:${campaignId}` },
    );
  return applied;
};

const settleUnread = (
  deps: Deps,
  row: WebhookRow,
  state: "processed" | "ignored" | "failed",
  error: string | null,
  messageIds: readonly string[] = [],
) =>
  settleWebhook(deps.db, row.id, {
    state,
    error,
    messageIds,
    forget: row.provider === "imap" && state === "ignored",
  });

/** `named` is told which messages the delivery names, before anything is tried with them. */
const process = async (
  deps: Deps,
  around: Surroundings,
  row: WebhookRow,
  body: Buffer,
  named: (messageIds: readonly string[]) => void,
): Promise<void> => {
  const delivery = { deliveryId: row.delivery_id, body, receivedAt: row.received_at };
  const reading = await readersByProvider[row.provider](delivery, around.secretKeys);
  if (reading.confirmUrl !== undefined) {
    await around.confirm(reading.confirmUrl);
    await settleUnread(deps, row, "processed", null);
    return;
  }
  if (reading.feedback.length === 0) {
    await settleUnread(deps, row, "ignored", reading.ignored ?? null);
    return;
  }
  named(reading.feedback.flatMap(({ messageId }) => (messageId ? [messageId] : [])));
  const applied = await deps.db.transaction(async (trx) => {
    const current = await findWebhook(trx, row.id, true);
    return current?.state === "received" ? apply(deps, trx, row, reading) : undefined;
  });
  if (applied) await announceSources(deps.redis, applied.sources);
};

/**
 * Applies a delivery of the inbox. `lastTry`: a failure is written down with it, and with the messages it names, so that
 * it is found by the person. Throws what a later run may mend, and
 * asks for that run without costing a try while a message is just being handed over.
 */
export const processWebhook = async (
  deps: Deps,
  around: Surroundings,
  { id }: { readonly id: string },
  lastTry: boolean,
): Promise<void> => {
  const row = await findWebhook(deps.db, id);
  if (row?.state !== "received" || !row.body) return;
  let about: readonly string[] = [];
  try {
    await process(deps, around, row, row.body, (messageIds) => {
      about = messageIds;
    });
  } catch (error) {
    if (error instanceof StillHandingOver) throw retryLater(HANDING_OVER_MS, error.message);
    if (error instanceof RetryLater) throw error;
    if (error instanceof Unreadable) {
      deps.log.warn({ provider: row.provider, webhook: id }, `A callback could not be read: ${error.message}`);
      await settleUnread(deps, row, "failed", error.message);
      return;
    }
    if (lastTry) await settleUnread(deps, row, "failed", "It could not be applied; the job says why", about);
    throw error;
  }
};
