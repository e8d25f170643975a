// The send pipeline on real parts: a database of its own, Redis, a sandbox mail server, and any number of senders.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ServiceBroker } from "moleculer";
import { createCampaign } from "../../services/campaigns/campaigns/drafts.ts";
import { launchCampaign, prepareCampaign } from "../../services/campaigns/campaigns/launch.ts";
import { finalizeCampaign } from "../../services/campaigns/campaigns/life-cycle.ts";
import { campaignStats } from "../../services/campaigns/campaigns/stats.ts";
import { findCampaign } from "../../services/campaigns/campaigns/store.ts";
import { createEmailTransport } from "../../services/email/deliver.ts";
import { configuredProvider } from "../../services/email/providers/configured.ts";
import { openMailServer } from "../../services/sandbox/mail-server.ts";
import type { Deps } from "../../shared/broker/deps.ts";
import { config } from "../../shared/config.ts";
import { connectPostgres, query } from "../../shared/db/knex.ts";
import { systemClock } from "../../shared/lib/clock.ts";
import { makeId } from "../../shared/lib/ids.ts";
import { type Sender, type SenderOptions, startSender } from "../../shared/messaging/sender.ts";
import { connectRedis } from "../../shared/streams/connections.ts";
import { freshDatabase, freshRedis } from "./infrastructure.ts";
import { until } from "./processes.ts";

const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
export const secretKeys: readonly string[] = ["test-key-of-at-least-32-characters!"];

export const openPipeline = async (options: { databaseUrl?: string; redisUrl?: string } = {}) => {
  const own = options.databaseUrl === undefined ? await freshDatabase() : undefined;
  const db = connectPostgres(options.databaseUrl ?? own?.url ?? "", 12);
  const redis = connectRedis(options.redisUrl ?? freshRedis().url, "test", { log: silent });
  const folder = mkdtempSync(join(tmpdir(), "lc-pipeline-"));
  const mail = await openMailServer({ folder, clock: systemClock, random: Math.random, onError: () => undefined });
  // Use cases of these tests never reach for the broker.
  const deps: Deps = {
    db,
    redis,
    clock: systemClock,
    id: makeId,
    log: silent,
    node: "test",
    broker: {} as ServiceBroker,
  };
  const senders: Sender[] = [];
  const prepare = (id: string) =>
    prepareCampaign(id, {
      id: "job",
      attempt: 1,
      signal: new AbortController().signal,
      deps,
      log: () => undefined,
      progress: () => undefined,
    });
  return {
    deps,
    db,
    mail,
    async people(count: number, consent = true) {
      await query(
        db,
        `with made as (insert into contacts.contacts (id, community_id, email, first_name, attrs)
           select make_uuid7(), (select id from contacts.communities where is_default), 'person' || n || '@example.com', 'Name' || n, jsonb_build_object('city', 'Town, ' || n % 7)
           from generate_series(1, ?) n returning id)
         insert into consent.current (contact_id, email) select id, 'granted' from made where ?`,
        [count, consent],
      );
    },
    /** A sender over the sandbox's server, or over the servers of `smtpUrls`, as the email service has it. */
    sender(
      changes: Partial<SenderOptions> & {
        connections?: number;
        answerMs?: number;
        smtpUrls?: readonly string[];
        name?: string;
      } = {},
    ) {
      const { connections = 4, answerMs = 20_000, smtpUrls = [], name, ...rest } = changes;
      const configured = configuredProvider(
        {
          emailProvider: smtpUrls.length > 0 ? "smtp" : "sandbox",
          smtpUrls,
          smtpConnections: connections,
          resend: config.resend,
          postmark: config.postmark,
        },
        { clock: systemClock, answerMs, sandboxUrl: async () => `smtp://127.0.0.1:${mail.smtp.port}` },
      );
      const provider = name === undefined ? configured : { ...configured, name };
      const transport = createEmailTransport(
        { db, clock: systemClock, publicUrl: "http://localhost:3000", secretKeys },
        provider,
      );
      const sender = startSender(deps, transport, {
        channel: "email",
        leaseSeconds: 30,
        policy: { maxAttempts: 3, backoffMs: () => 50 },
        domainRates: new Map(),
        allowlist: [],
        live: false,
        drained: (id) => finalizeCampaign(deps, id),
        ...rest,
      });
      senders.push(sender);
      return sender;
    },
    async launch(fields: { html?: string; subject?: string; rate?: { perSecond: number } } = {}) {
      const campaign = await createCampaign(deps, {
        channel: "email",
        name: `Test ${makeId()}`,
        audience: { all: true },
        content: {
          subject: fields.subject ?? "Hello {{firstName}}",
          html:
            fields.html ??
            '<p>Hi {{firstName}} of {{attrs.city}}, <a href="https://example.org/learn?x=1&y=2">learn</a></p>',
        },
        ...(fields.rate ? { rate: fields.rate } : {}),
      });
      await launchCampaign(deps, { id: campaign.id });
      await prepare(campaign.id);
      return campaign.id;
    },
    prepare,
    stats: (id: string) => campaignStats(deps, { id }),
    finished: (id: string, timeoutMs = 60_000) =>
      until(
        "the campaign to end",
        async () => {
          const row = await findCampaign(db, id);
          return row?.status === "completed" || row?.status === "held" ? row.status : undefined;
        },
        { timeoutMs, everyMs: 50 },
      ),
    async close() {
      for (const sender of senders) await sender.stop(5_000);
      await mail.stop();
      redis.disconnect();
      await db.destroy();
      await own?.drop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
export type Pipeline = Awaited<ReturnType<typeof openPipeline>>;
