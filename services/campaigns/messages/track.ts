// Opens, clicks and unsubscribes by signed token. A token names a message and, for clicks, a stored destination;
// nothing that a caller sends is ever redirected to. Looking never unsubscribes: only the POST does.
import { createHash } from "node:crypto";
import type { Deps } from "../../../shared/broker/deps.ts";
import { config } from "../../../shared/config.ts";
import { suppressionOf } from "../../../shared/consent/suppression-reason.ts";
import { unsubscribe } from "../../../shared/consent/suppressions.ts";
import { fail } from "../../../shared/contracts/errors.ts";
import type { JobInput } from "../../../shared/contracts/index.ts";
import { enqueue } from "../../../shared/jobs/enqueue.ts";
import { publish } from "../../../shared/jobs/outbox.ts";
import { readMessageToken } from "../../../shared/lib/tokens.ts";
import { readContent } from "../../../shared/messaging/contents.ts";
import { fillDestination } from "../../../shared/messaging/fill.ts";
import { findMessage, insertEvent, type MessageRow } from "../../../shared/messaging/message-rows.ts";

export interface TrackInput {
  readonly token: string;
  readonly purpose: "open" | "click" | "unsubscribe";
  readonly userAgent?: string | undefined;
  readonly addressHash?: string | undefined;
}

const notFound = () => fail("NOT_FOUND", "This link is not one of ours, or no longer leads anywhere.");

const opened = async (
  deps: Deps,
  purpose: TrackInput["purpose"],
  token: string,
): Promise<{ row: MessageRow; index: number }> => {
  const named = readMessageToken(config.secretKeys, purpose, token);
  const row = named ? await findMessage(deps.db, named.messageId) : undefined;
  if (!named || !row) throw notFound();
  return { row, index: named.index };
};

/** Resolves a token; opens and clicks are recorded by job. Throws NOT_FOUND for anything forged or unknown. */
export const trackToken = async (deps: Deps, input: TrackInput) => {
  const { row, index } = await opened(deps, input.purpose, input.token);
  if (input.purpose === "unsubscribe") {
    const suppressed = row.address ? await suppressionOf(deps.db, row.channel, row.address) : undefined;
    return { messageId: row.id, location: null, address: row.address, unsubscribed: suppressed?.unsubscribed ?? false };
  }
  let location: string | null = null;
  if (input.purpose === "click") {
    const content = row.content_id ? await readContent(deps.db, row.content_id) : undefined;
    const destination = content?.links[index];
    if (destination === undefined) throw notFound();
    location = fillDestination(destination, row.vars ?? {});
  }
  const at = deps.clock.now().toISOString();
  await deps.db.transaction((trx) =>
    enqueue(trx, "tracking.click-record", {
      messageId: row.id,
      type: input.purpose === "click" ? "clicked" : "opened",
      url: location,
      at,
      userAgent: input.userAgent ?? null,
      addressHash: input.addressHash ?? null,
    }),
  );
  return { messageId: row.id, location, address: null, unsubscribed: false };
};

const shortestValue = 3;
/** The destination as events carry it, which stay in Redis for a while: nothing that was filled in for the person. */
const withoutPerson = (url: string, values: Readonly<Record<string, unknown>>): string => {
  if (!URL.canParse(url)) return "";
  const { origin, pathname } = new URL(url);
  const path = pathname.toLowerCase();
  const filled = Object.values(values)
    .map((value) => encodeURIComponent(String(value ?? "").toWellFormed()).toLowerCase())
    .some((value) => value.length >= shortestValue && path.includes(value));
  return filled ? origin : origin + pathname;
};

/** Job tracking.click-record: writes one open or click, once however often the job runs. */
export const recordTracking = async (
  deps: Deps,
  input: JobInput<"tracking.click-record">,
  jobId: string,
): Promise<void> => {
  const row = await findMessage(deps.db, input.messageId);
  if (!row) return;
  // Without an address the person was erased: what they do with an old mail still counts, but nothing of them is kept.
  const erased = row.address === null;
  await deps.db.transaction(async (trx) => {
    const added = await insertEvent(trx, {
      id: deps.id(),
      messageId: row.id,
      sourceId: row.source_id,
      type: input.type,
      eventId: jobId,
      url: input.url,
      userAgent: erased ? null : input.userAgent,
      addressHash: erased ? null : input.addressHash,
      at: new Date(input.at),
    });
    if (!added) return;
    if (input.type === "clicked")
      await publish(trx, "message.clicked", {
        messageId: row.id,
        contactId: row.contact_id,
        url: withoutPerson(input.url ?? "", row.vars ?? {}),
      });
    else await publish(trx, "message.opened", { messageId: row.id, contactId: row.contact_id });
  });
};

/** Unsubscribes the person of a token from bulk mail, with the message as evidence. Repeating it changes nothing. */
export const unsubscribeByToken = async (
  deps: Deps,
  { token }: { readonly token: string },
): Promise<{ address: string | null }> => {
  const { row } = await opened(deps, "unsubscribe", token);
  if (!row.address) return { address: null };
  const address = row.address;
  await deps.db.transaction(async (trx) => {
    const { changed } = await unsubscribe(trx, {
      channel: row.channel,
      address,
      contactId: row.contact_id,
      source: `message ${row.id}`,
      messageId: row.id,
    });
    const eventId = createHash("sha256").update(`unsubscribe:${row.id}`).digest("base64url");
    await insertEvent(trx, {
      id: deps.id(),
      messageId: row.id,
      sourceId: row.source_id,
      type: "unsubscribed",
      eventId,
      url: null,
      userAgent: null,
      addressHash: null,
      at: deps.clock.now(),
    });
    if (changed)
      await publish(trx, "contact.unsubscribed", {
        contactId: row.contact_id,
        channel: row.channel,
        messageId: row.id,
      });
  });
  return { address };
};
