// The email service: runs one sender per process. The ledger is its queue; `email.send-batch` only wakes it.

import type { Deps } from "../../shared/broker/deps.ts";
import { service } from "../../shared/broker/service.ts";
import { config } from "../../shared/config.ts";
import { defineJob } from "../../shared/jobs/define.ts";
import { enqueue } from "../../shared/jobs/enqueue.ts";
import { fullJitter } from "../../shared/lib/backoff.ts";
import { type Sender, startSender } from "../../shared/messaging/sender.ts";
import { createEmailTransport } from "./deliver.ts";
import { configuredProvider } from "./providers/configured.ts";
import { sandboxUrl } from "./sandbox-url.ts";

const senders = new WeakMap<Deps, Sender>();

const start = (deps: Deps): Sender => {
  const provider = configuredProvider(config, {
    clock: deps.clock,
    // Shorter than the lease, so that a late answer still finds its message.
    answerMs: Math.max(2_000, (config.leaseSeconds - 5) * 1000),
    sandboxUrl: () => sandboxUrl(deps),
  });
  const transport = createEmailTransport(
    {
      db: deps.db,
      clock: deps.clock,
      publicUrl: config.publicUrl,
      secretKeys: config.secretKeys,
      bounceAddress: config.bounceAddress,
    },
    provider,
  );
  return startSender(deps, transport, {
    channel: "email",
    leaseSeconds: config.leaseSeconds,
    policy: { maxAttempts: 6, backoffMs: (attempt) => fullJitter(attempt, { baseMs: 15_000, capMs: 3_600_000 }) },
    domainRates: config.domainRates,
    allowlist: config.sendAllowlist,
    live: config.emailProvider !== "sandbox",
    drained: async (sourceId) => {
      await deps.db.transaction((trx) =>
        enqueue(
          trx,
          "campaign.finalize",
          { campaignId: sourceId },
          { uniqueKey: sourceId, until: "started", entity: `campaign:${sourceId}` },
        ),
      );
    },
  });
};

export default service("email", {
  actions: {
    status: (_ctx, deps) => {
      const stats = senders.get(deps)?.stats();
      return { provider: config.emailProvider, inFlight: stats?.inFlight ?? 0, sent: stats?.sent ?? 0 };
    },
  },
  jobs: [
    defineJob({
      name: "email.send-batch",
      handler: async (_input, run) => {
        senders.get(run.deps)?.wake();
      },
    }),
  ],
  started: async (deps) => {
    senders.set(deps, start(deps));
  },
  stopped: async (deps) => {
    await senders.get(deps)?.stop(config.shutdownSeconds * 600);
    senders.delete(deps);
  },
});
