// Tells people: mails through the ledger and a webhook's job, in the transaction that opens or ends the incidents, so that
// each notice goes out exactly as often as it is written, which is once. What changes at once is one notice.

import type { Deps } from "../../../../shared/broker/deps.ts";
import { config } from "../../../../shared/config.ts";
import type { Sql, Trx } from "../../../../shared/db/knex.ts";
import { enqueue } from "../../../../shared/jobs/enqueue.ts";
import { freezeContent } from "../../../../shared/messaging/contents.ts";
import { singleDispatch } from "../../../../shared/messaging/dispatches.ts";
import { addSingles } from "../../../../shared/messaging/ledger.ts";
import { defaultSender } from "../../../../shared/messaging/sender-accounts.ts";
import { isProviderMissing } from "../../../../shared/provider-missing.ts";
import { noteTold, untold } from "../incidents/store.ts";
import { type ChannelsRow, ownerAddresses, readChannels } from "../store.ts";
import { composeNotice, composeTest, noticeMail, recipientKey } from "./compose.ts";
import { insertNotice, type NoticeBody, secondsSinceNotice } from "./store.ts";

/** At most one notice in so many seconds: what changes in a storm meanwhile is in the next one. */
const atMostEvery = 60;

const link = () => `${(config.webUrl ?? config.publicUrl).replace(/\/+$/, "")}/operations/alerts`;

/** Who gets mail: the listed ones, or all owners. */
export const recipientsOf = async (sql: Sql, { emailOn, emailTo }: ChannelsRow): Promise<readonly string[]> => {
  if (!emailOn) return [];
  return emailTo.length > 0 ? emailTo : ownerAddresses(sql);
};

/** Why no mail would leave, as a sentence; null when it would. */
export const mailProblem = async (sql: Sql): Promise<string | null> => {
  if (config.emailProvider === "sandbox")
    return isProviderMissing(config) ? "This is production and no email provider is set: set LC_EMAIL_PROVIDER." : null;
  const sender = await defaultSender(sql, "email");
  return !sender?.fromAddress || sender.isPlaceholder
    ? "The default sender account still has the sample's address: give it one of your own under Settings, Sending."
    : null;
};

const addMails = async (deps: Deps, trx: Trx, noticeId: string, body: NoticeBody, to: readonly string[]) => {
  if (to.length === 0) return 0;
  const contentId = await freezeContent(trx, deps.id(), { channel: "email", ...noticeMail(body), links: [] });
  const added = await addSingles(
    trx,
    to.map((address) => ({
      ...{ id: deps.id(), source: "alert", sourceId: singleDispatch.alert, channel: "email", contactId: null },
      ...{ address, contentId, vars: {}, idempotencyKey: `alert-notice:${noticeId}:${recipientKey(address)}` },
    })),
  );
  await enqueue(trx, "email.send-batch", {}, { uniqueKey: "wake-high", until: "started", lane: "high" });
  return added.filter(({ state }) => state === "queued").length;
};

const send = async (deps: Deps, trx: Trx, channels: ChannelsRow, body: NoticeBody, test: boolean): Promise<string> => {
  const id = deps.id();
  const to = (await mailProblem(trx)) === null ? await recipientsOf(trx, channels) : [];
  const emailed = await addMails(deps, trx, id, body, to);
  const webhook = channels.webhookUrl !== null;
  await insertNotice(trx, { id, test, body, emailed, webhook });
  if (webhook) await enqueue(trx, "monitors.call-webhook", { noticeId: id }, { lane: "high", entity: `notice:${id}` });
  return id;
};

/** Tells what changed and nobody was told yet; what is silenced waits for the end of the silence. */
export const tellWhatChanged = async (deps: Deps, trx: Trx): Promise<void> => {
  const channels = await readChannels(trx);
  const told = await untold(trx, channels.reminderHours);
  if (told.length === 0) return;
  const last = await secondsSinceNotice(trx);
  if (last !== undefined && last < atMostEvery) return;
  const id = await send(deps, trx, channels, composeNotice(told, link()), false);
  await noteTold(trx, id, told);
};

/** Sends a test notice and answers its id. */
export const tellTest = (deps: Deps, rule?: { readonly name: string; readonly sentence: string }): Promise<string> =>
  deps.db.transaction(async (trx) => send(deps, trx, await readChannels(trx), composeTest(link(), rule), true));
