// Sending while Redis is away: what needs it waits, what does not goes on, and nobody's request hangs.
import { afterEach, beforeEach, expect, test } from "vitest";
import { cancelCampaign, pauseCampaign } from "../../services/campaigns/campaigns/life-cycle.ts";
import { showMessage } from "../../services/campaigns/messages/list.ts";
import { sendMessages } from "../../services/campaigns/messages/send.ts";
import { query } from "../../shared/db/knex.ts";
import { type RedisServer, startRedis } from "../helpers/infrastructure.ts";
import { openPipeline, type Pipeline } from "../helpers/pipeline.ts";
import { until } from "../helpers/processes.ts";

let p: Pipeline;
let redis: RedisServer;
beforeEach(async () => {
  redis = await startRedis();
  p = await openPipeline({ redisUrl: redis.url });
});
afterEach(async () => {
  await p.close();
  await redis.kill9();
});

const away = async (how: "dead" | "frozen") => {
  if (how === "frozen") process.kill(redis.pid(), "SIGSTOP");
  else {
    await redis.kill9();
    await until("the loss is noticed", () => p.deps.redis.status !== "ready");
  }
};

test.each(["dead", "frozen"] as const)(
  "with Redis %s an alert goes out beside a campaign that waits for its rate; pause and cancel answer",
  async (how) => {
    await p.people(400);
    p.sender();
    const id = await p.launch({ rate: { perSecond: 20 } });
    await until("the first mails", async () => (await p.stats(id)).states.accepted > 5);
    await away(how);
    const sent = await sendMessages(
      p.deps,
      { channel: "email", to: "warden@example.com", content: { subject: "Flood", html: "<p>x</p>" }, kind: "alert" },
      undefined,
    );
    await until(
      "the alert is taken",
      async () => (await showMessage(p.deps, { id: sent.id as string })).state === "accepted",
    );
    expect(await pauseCampaign(p.deps, { id })).toMatchObject({ status: "paused" });
    expect(await cancelCampaign(p.deps, { id })).toMatchObject({ status: "cancelled" });
  },
);

test("a throttled message is written down as not taken although Redis is away", async () => {
  await p.people(10);
  p.mail.faults.add({ kind: "throttle", code: 454, count: 3 } as never);
  await away("dead");
  p.sender();
  const id = await p.launch();
  expect(await p.finished(id)).toBe("completed");
  expect((await p.stats(id)).states.accepted).toBe(10);
});

test("claims are given back when Redis goes away between claim and hand-over, and a sender stops in time", async () => {
  await p.people(40);
  const sender = p.sender({ domainRates: new Map([["example.com", 1000]]) });
  await away("dead");
  const id = await p.launch();
  await until(
    "the campaign was tried",
    async () =>
      (
        await query(
          p.db,
          "select 1 from messaging.messages where source_id = ? and state = 'queued' and updated_at > created_at",
          [id],
        )
      ).length > 0,
  );
  await sender.stop(2_000);
  await until("nothing is claimed", async () => (await p.stats(id)).states.claimed === 0);
});
