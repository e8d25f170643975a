// The inbox of what comes back about messages: stored as it came, once per delivery, together with the job that applies
// it. Whoever stored it may say thank you; nothing is lost and nothing counts twice after that.
import { query, type Sql, type Trx } from "../db/knex.ts";
import { enqueueMany } from "../jobs/enqueue.ts";
import { makeId } from "../lib/ids.ts";

/** Who may report: providers by callback, and mail servers by mail. */
export type WebhookProvider = "resend" | "postmark" | "ses" | "sendgrid" | "imap";
export type WebhookState = "received" | "processed" | "ignored" | "failed";

export interface IncomingWebhook {
  readonly provider: WebhookProvider;
  /** The same for every try of one delivery. */
  readonly deliveryId: string;
  readonly body: Buffer;
  /** Only what reading the body needs; never credentials. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface WebhookRow {
  readonly id: string;
  readonly provider: WebhookProvider;
  readonly delivery_id: string;
  readonly body: Buffer | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly state: WebhookState;
  readonly received_at: Date;
}

export type WebhookListRow = Omit<WebhookRow, "body" | "headers" | "delivery_id"> & {
  readonly error: string | null;
  readonly processed_at: Date | null;
};

/** Stores deliveries that are new, each with its job. Returns how many were new. */
export const storeWebhooks = async (trx: Trx, incoming: readonly IncomingWebhook[]): Promise<number> => {
  if (incoming.length === 0) return 0;
  const rows = await query<{ id: string }>(
    trx,
    `insert into messaging.webhook_inbox (id, provider, delivery_id, body, headers)
     select * from unnest(?::uuid[], ?::text[], ?::text[], ?::bytea[], ?::jsonb[])
     on conflict (provider, delivery_id) do nothing returning id`,
    [
      incoming.map(() => makeId()),
      incoming.map(({ provider }) => provider),
      incoming.map(({ deliveryId }) => deliveryId),
      incoming.map(({ body }) => body),
      incoming.map(({ headers }) => JSON.stringify(headers)),
    ],
  );
  await enqueueProcessing(
    trx,
    rows.map(({ id }) => id),
  );
  return rows.length;
};

/** Asks for the jobs that apply these rows; one job per row at a time. */
export const enqueueProcessing = async (trx: Trx, ids: readonly string[]): Promise<void> => {
  if (ids.length === 0) return;
  await enqueueMany(
    trx,
    "webhook.process",
    ids.map((id) => ({ id })),
    { uniqueKey: ({ id }) => id, entity: ({ id }) => `webhook:${id}`, until: "started" },
  );
};

/** One row with its body, or undefined. With `lock` it is held until the transaction ends. */
export const findWebhook = async (sql: Sql, id: string, lock = false): Promise<WebhookRow | undefined> =>
  (
    await query<WebhookRow>(
      sql,
      `select id, provider, delivery_id, body, headers, state, received_at from messaging.webhook_inbox where id = ?
       ${lock ? "for update" : ""}`,
      [id],
    )
  )[0];

export interface Settled {
  readonly state: Exclude<WebhookState, "received">;
  /** Without addresses: it is shown and logged. */
  readonly error: string | null;
  readonly messageIds: readonly string[];
  /** The body is thrown away at once: a mail that is no report is nobody's business, and of the erased nothing is kept. */
  readonly forget?: boolean;
}

/** Says what became of a row. */
export const settleWebhook = async (sql: Sql, id: string, settled: Settled): Promise<void> => {
  await query(
    sql,
    `update messaging.webhook_inbox set state = ?, error = ?, message_ids = ?::uuid[], processed_at = now(),
       body = case when ?::boolean then null else body end
     where id = ?`,
    [settled.state, settled.error, [...settled.messageIds], settled.forget ?? false, id],
  );
};

/** Makes a row `received` again, for another run. */
export const reopenWebhook = async (trx: Trx, id: string): Promise<void> => {
  await query(
    trx,
    "update messaging.webhook_inbox set state = 'received', error = null, processed_at = null where id = ?",
    [id],
  );
  await enqueueProcessing(trx, [id]);
};

export interface WebhookFilter {
  readonly id?: string | undefined;
  readonly state?: string | undefined;
  readonly provider?: string | undefined;
  readonly before?: string | undefined;
  readonly limit: number;
}

/** Rows without their bodies, newest first. */
export const listWebhooks = (sql: Sql, filter: WebhookFilter): Promise<WebhookListRow[]> =>
  query<WebhookListRow>(
    sql,
    `select id, provider, state, error, received_at, processed_at from messaging.webhook_inbox
     where (?::uuid is null or id = ?::uuid) and (?::text is null or state = ?::text)
       and (?::text is null or provider = ?::text) and (?::uuid is null or id < ?::uuid)
     order by id desc limit ?`,
    [
      ...[filter.id, filter.state, filter.provider, filter.before].flatMap((value) => [value ?? null, value ?? null]),
      filter.limit,
    ],
  );

/** What it was about, and how it came: for the page of one. */
export const describeWebhook = async (
  sql: Sql,
  id: string,
): Promise<(WebhookListRow & Pick<WebhookRow, "body" | "delivery_id"> & { message_ids: string[] }) | undefined> =>
  (
    await query<WebhookListRow & Pick<WebhookRow, "body" | "delivery_id"> & { message_ids: string[] }>(
      sql,
      `select id, provider, state, error, received_at, processed_at, body, delivery_id,
         coalesce(message_ids, '{}') as message_ids
       from messaging.webhook_inbox where id = ?`,
      [id],
    )
  )[0];

/** Rows that turned out to be about any of these messages. */
export const webhooksAbout = async (sql: Sql, messageIds: readonly string[]): Promise<string[]> => {
  if (messageIds.length === 0) return [];
  const rows = await query<{ id: string }>(
    sql,
    "select id from messaging.webhook_inbox where message_ids && ?::uuid[] order by id desc limit 5000",
    [[...messageIds]],
  );
  return rows.map((row) => row.id);
};

/** Deletes what was received before `before` and is not waiting, at most `limit` rows. Returns how many. */
export const pruneWebhooks = async (sql: Sql, before: Date, limit: number): Promise<number> =>
  (
    await query(
      sql,
      `delete from messaging.webhook_inbox where id in (
         select id from messaging.webhook_inbox where received_at < ? and state <> 'received' limit ?) returning 1`,
      [before, limit],
    )
  ).length;
