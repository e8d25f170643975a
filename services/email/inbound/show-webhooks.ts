// The inbox of callbacks as the API shows it, and applying one of them again.
import type { z } from "zod";
import type { Deps } from "../../../shared/broker/deps.ts";
import { fail } from "../../../shared/contracts/errors.ts";
import type { Webhook, WebhookDetail, webhooks } from "../../../shared/contracts/webhooks.ts";
import { idOfCursor, pageById } from "../../../shared/db/id-page.ts";
import { masked } from "../../../shared/lib/masked.ts";
import {
  describeWebhook,
  findWebhook,
  listWebhooks,
  pruneWebhooks,
  reopenWebhook,
  type WebhookListRow,
} from "../../../shared/messaging/webhook-inbox.ts";

/** Longer than any replay of a callback could pass for genuine. */
const keepDays = 30;
const batch = 1_000;

const shown = (row: WebhookListRow): Webhook => ({
  id: row.id,
  provider: row.provider,
  state: row.state,
  error: row.error,
  receivedAt: row.received_at.toISOString(),
  processedAt: row.processed_at?.toISOString() ?? null,
});

/** One page, newest first. */
export const showWebhooks = async (deps: Deps, params: z.output<typeof webhooks.actions.list.params>) => {
  const { limit, state, provider, cursor } = params;
  const rows = await listWebhooks(deps.db, { state, provider, before: idOfCursor(cursor), limit: limit + 1 });
  return pageById(rows.map(shown), limit);
};

const gone = (id: string) =>
  fail("WEBHOOK_NOT_FOUND", `No callback has the id ${id}. They are kept for ${keepDays} days.`);

const shapeOf = (body: Buffer | null): unknown => {
  try {
    return body && masked(JSON.parse(body.toString("utf8")));
  } catch {
    // A mail, or something that the reader refused as well: its state says so.
    return null;
  }
};

/** One of them, its body in outline. Throws WEBHOOK_NOT_FOUND. */
export const showWebhook = async (deps: Deps, { id }: { readonly id: string }): Promise<WebhookDetail> => {
  const row = await describeWebhook(deps.db, id);
  if (!row) throw gone(id);
  return {
    ...shown(row),
    deliveryId: row.delivery_id,
    messageIds: row.message_ids,
    size: row.body?.length ?? null,
    shape: shapeOf(row.body),
  };
};

/** The body as it came, as text. Throws WEBHOOK_NOT_FOUND, and WEBHOOK_ERASED when it is gone. */
export const readBody = async (deps: Deps, { id }: { readonly id: string }): Promise<{ body: string }> => {
  const row = await describeWebhook(deps.db, id);
  if (!row) throw gone(id);
  if (!row.body) throw fail("WEBHOOK_ERASED", "Its body was erased. Ask the provider what it said.");
  return { body: row.body.toString("utf8") };
};

/** Puts one back to be applied. Throws WEBHOOK_NOT_FOUND, and WEBHOOK_ERASED when its body is gone. */
export const replayWebhook = async (deps: Deps, { id }: { readonly id: string }): Promise<Webhook> => {
  await deps.db.transaction(async (trx) => {
    const row = await findWebhook(trx, id, true);
    if (!row) throw gone(id);
    if (!row.body)
      throw fail(
        "WEBHOOK_ERASED",
        "Its body was erased, so it cannot be applied again. Ask the provider to send it again.",
      );
    await reopenWebhook(trx, id);
  });
  const [row] = await listWebhooks(deps.db, { id, limit: 1 });
  if (!row) throw fail("WEBHOOK_NOT_FOUND", `The callback ${id} was deleted just now.`);
  return shown(row);
};

/** Job webhooks.prune: deletes what is older than 30 days. */
export const pruneInbox = async (deps: Deps, signal: AbortSignal): Promise<void> => {
  const before = new Date(deps.clock.now().getTime() - keepDays * 86_400_000);
  for (let gone = batch; gone === batch && !signal.aborted; ) gone = await pruneWebhooks(deps.db, before, batch);
};
