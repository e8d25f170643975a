// The job that erases a person. The contact's own row stays, unseen, until everything else is clean: it is what a run
// that follows a crash finds its way by. Each step may be repeated; the last one removes the row.
import { callAction } from "../../../shared/broker/context.ts";
import type { Deps } from "../../../shared/broker/deps.ts";
import { config } from "../../../shared/config.ts";
import { eraseConsents, eraseSuppressions } from "../../../shared/consent/erase-consents.ts";
import type { Trx } from "../../../shared/db/knex.ts";
import { collectDeadLetters } from "../../../shared/jobs/collect-letters.ts";
import { type JobRun, retryLater } from "../../../shared/jobs/define.ts";
import { enqueue } from "../../../shared/jobs/enqueue.ts";
import { eraseJobs } from "../../../shared/jobs/erase-jobs.ts";
import { publish } from "../../../shared/jobs/outbox.ts";
import { messagesAbout } from "../../../shared/messaging/about.ts";
import { eraseMessages, messageIdsOf, stopMessages } from "../../../shared/messaging/erase-messages.ts";
import { chunksAdded } from "../../../shared/messaging/ledger.ts";
import { eraseFromTests } from "../../../shared/messaging/sender-tests.ts";
import { eraseWebhooks } from "../../../shared/messaging/webhook-erasure.ts";
import { type Identity, identify } from "./identity.ts";
import { eraseMentions, eraseRefusedRows, finishErasure, lockErasure, openImports } from "./store.ts";

const leavingMs = 2_000;
const importsMs = 5_000;
const awayMs = 5_000;

/** Digits by which a number is found however it was written: without its country code where it is long enough. */
const digitsOf = (phone: string): string => phone.replace(/\D/g, "").slice(-9);

const withIdentity = <T>(deps: Deps, id: string, work: (trx: Trx, identity: Identity) => Promise<T>) =>
  deps.db.transaction(async (trx) => {
    const erasure = await lockErasure(trx, id);
    if (!erasure || erasure.finished_at) return undefined;
    const identity = await identify(trx, erasure);
    return identity && { erasure, identity, result: await work(trx, identity) };
  });

/** Nothing leaves any more; campaigns whose last open message this was come to their end. */
const stop = async (trx: Trx, identity: Identity): Promise<number> => {
  const { campaignIds, leaving } = await stopMessages(trx, identity);
  for (const campaignId of campaignIds)
    await enqueue(
      trx,
      "campaign.finalize",
      { campaignId },
      { uniqueKey: campaignId, until: "started", entity: `campaign:${campaignId}` },
    );
  return leaving;
};

/** What other groups keep: sign-ins and answers in the gateway, mails in the sandbox. */
const askOthers = async (deps: Deps, identity: Identity, requestedBy: string | null): Promise<void> => {
  const words = [...identity.strong];
  const addresses = [...new Set(identity.addresses.map(({ address }) => address))];
  const mails = await messagesAbout(deps.db, identity.contactIds);
  await callAction(deps.broker, "accounts.forget", { contactIds: [...identity.contactIds], words, requestedBy });
  if (config.emailProvider === "sandbox") await callAction(deps.broker, "sandbox.forgetMail", { addresses, mails });
};

const finish = async (trx: Trx, id: string, identity: Identity): Promise<void> => {
  await eraseRefusedRows(trx, {
    words: identity.words,
    digits: identity.addresses.filter(({ channel }) => channel !== "email").map(({ address }) => digitsOf(address)),
    names: identity.rows.flatMap(({ first_name, last_name }) =>
      first_name && last_name ? [[first_name, last_name] as const] : [],
    ),
  });
  await eraseMentions(trx, identity.words, identity.jsonWords);
  await eraseConsents(trx, identity);
  await eraseSuppressions(trx, identity);
  const messageIds = await messageIdsOf(trx, identity);
  await eraseJobs(trx, messageIds, identity.jsonWords);
  const addresses = identity.addresses.map(({ address }) => address);
  await eraseWebhooks(trx, addresses, messageIds);
  await eraseFromTests(trx, addresses);
  const messages = await eraseMessages(trx, identity);
  await finishErasure(trx, id, identity.contactIds, messages);
  await publish(trx, "contact.erased", { contactId: id });
};

/** Job contacts.erase: to its end, however often it was interrupted. A contact that is erased already is left alone. */
export const runErasure = async ({ contactId }: { readonly contactId: string }, run: JobRun): Promise<void> => {
  const { deps } = run;
  const stopped = await withIdentity(deps, contactId, async (trx, identity) => ({
    leaving: await stop(trx, identity),
  }));
  if (!stopped) return;
  if (stopped.result.leaving > 0) throw retryLater(leavingMs, "A message to the person is being handed over");
  run.progress(0.2);
  const open = await deps.db.transaction((trx) => openImports(trx, stopped.erasure));
  if (open > 0) throw retryLater(importsMs, "An import is open that may bring the person again");
  try {
    await askOthers(deps, stopped.identity, stopped.erasure.requested_by);
  } catch (error) {
    // Moleculer marks what may pass: nobody there, no answer in time.
    if ((error as { retryable?: boolean }).retryable !== true) throw error;
    throw retryLater(awayMs, "The gateway or the sandbox is away");
  }
  run.progress(0.6);
  // Whoever was written down before the erasure was asked for is seen from here on.
  await chunksAdded(deps.db);
  // What died lately may still lie in Redis; from here on it is in Postgres, where it is cleaned.
  await collectDeadLetters(deps.db, deps.redis);
  await withIdentity(deps, contactId, async (trx, identity) => {
    // Somebody may have written to the person in between: then from the start.
    if ((await stop(trx, identity)) > 0) throw retryLater(leavingMs, "A message to the person is being handed over");
    await finish(trx, contactId, identity);
  });
};
