// The way of a callback on real parts: the gateway over HTTP, the job layer that applies it, and a pipeline whose sent
// messages it is about, all on one database.
import { processWebhook, type Surroundings } from "../../services/email/inbound/process-webhook.ts";
import { query } from "../../shared/db/knex.ts";
import { defineJob } from "../../shared/jobs/define.ts";
import { signalWork } from "../../shared/jobs/wake.ts";
import { type Reply, type ServedGateway, serveGateway } from "./gateway.ts";
import { startJobLayer } from "./jobs.ts";
import { openPipeline, type Pipeline, secretKeys } from "./pipeline.ts";
import { until } from "./processes.ts";
import { type Callback, callbackSenders, hookSettings } from "./provider-callbacks.ts";

export interface SentMessage {
  readonly id: string;
  readonly address: string;
}

export interface FeedbackHouse {
  readonly gateway: ServedGateway;
  readonly pipeline: Pipeline;
  /** Addresses that were visited to confirm a subscription. */
  readonly confirmed: readonly string[];
  /** A campaign to everybody that was sent; its messages by address. */
  send(): Promise<{ readonly id: string; readonly messages: ReadonlyMap<string, string> }>;
  /** Posts a callback as it stands. */
  post(provider: keyof typeof callbackSenders, callback: Callback): Promise<Reply>;
  /** Resolves when nothing in the inbox waits any more. */
  settled(): Promise<void>;
  /** State and reason of a message. */
  state(id: string): Promise<string>;
  suppressions(): Promise<Record<string, string>>;
  events(id: string): Promise<string[]>;
  inbox(): Promise<readonly { provider: string; state: string; error: string | null }[]>;
  close(): Promise<void>;
}

export const openFeedbackHouse = async (people: number): Promise<FeedbackHouse> => {
  const gateway = await serveGateway({ settings: { hooks: hookSettings, trustedProxies: 1 } });
  const { databaseUrl, redisUrl } = gateway;
  const pipeline = await openPipeline({ databaseUrl, redisUrl });
  const { db } = pipeline;
  const confirmed: string[] = [];
  const around: Surroundings = { secretKeys, confirm: async (url) => void confirmed.push(url) };
  const layer = startJobLayer({
    databaseUrl,
    redisUrl,
    group: "email",
    definitions: [
      defineJob({
        name: "webhook.process",
        handler: (input, run) => processWebhook(run.deps, around, input, run.attempt >= 3),
      }),
    ],
  });
  await pipeline.people(people);
  pipeline.sender();
  return {
    gateway,
    pipeline,
    confirmed,
    async send() {
      const id = await pipeline.launch();
      await pipeline.finished(id);
      const rows = await query<SentMessage>(db, "select id, address from messaging.messages where source_id = ?", [id]);
      return { id, messages: new Map(rows.map((row) => [row.address, row.id])) };
    },
    post: (provider, { headers, body }) =>
      gateway.ask({ method: "POST", path: callbackSenders[provider].path, headers, body }),
    async settled() {
      // The gateway has modules of its own here, so the relay would hear of its jobs at the next sweep only.
      signalWork("jobs");
      await until("the inbox to be worked off", async () => {
        const waiting = await query(db, "select 1 from messaging.webhook_inbox where state = 'received'");
        return waiting.length === 0;
      });
    },
    async state(id) {
      const [row] = await query<{ is: string }>(
        db,
        "select concat_ws(' ', state, reason) as is from messaging.messages where id = ?",
        [id],
      );
      return row?.is ?? "";
    },
    async suppressions() {
      const rows = await query<{ address: string; reason: string }>(
        db,
        "select address, reason from consent.suppressions",
      );
      return Object.fromEntries(rows.map(({ address, reason }) => [address, reason]));
    },
    events: async (id) =>
      (
        await query<{ is: string }>(
          db,
          "select concat_ws(' ', type, bounce) as is from messaging.delivery_events where message_id = ? order by at, type",
          [id],
        )
      ).map((row) => row.is),
    inbox: () => query(db, "select provider, state, error from messaging.webhook_inbox order by id"),
    async close() {
      await layer.stop();
      await pipeline.close();
      await gateway.close();
    },
  };
};
