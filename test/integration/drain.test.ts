// A process that drains: jobs and messages that it has in hand end, those that it only held go back, and nothing new is
// taken until it works again. And what is known of processes: who lives, who vanished, who said goodbye.
import { expect, onTestFinished, test } from "vitest";
import { setDraining } from "../../shared/broker/vitals.ts";
import {
  type Announcement,
  announce,
  listWorkers,
  orderDrain,
  readOrder,
  sayGoodbye,
} from "../../shared/broker/workers.ts";
import { query } from "../../shared/db/knex.ts";
import { defineJob } from "../../shared/jobs/define.ts";
import { enqueue, enqueueMany } from "../../shared/jobs/enqueue.ts";
import { makeId } from "../../shared/lib/ids.ts";
import { connectRedis } from "../../shared/streams/connections.ts";
import { freshDatabase, freshRedis } from "../helpers/infrastructure.ts";
import { startJobLayer } from "../helpers/jobs.ts";
import { openPipeline } from "../helpers/pipeline.ts";
import { until } from "../helpers/processes.ts";

test("a draining worker ends what runs, gives back what waits, and claims again afterwards", async () => {
  const database = await freshDatabase();
  const release = Promise.withResolvers<void>();
  const begun: string[] = [];
  const layer = startJobLayer({
    databaseUrl: database.url,
    redisUrl: freshRedis().url,
    group: "campaigns",
    slots: 2,
    definitions: [
      defineJob({
        name: "campaign.launch",
        handler: async (_input, run) => {
          begun.push(run.id);
          await release.promise;
        },
      }),
    ],
  });
  onTestFinished(async () => {
    await layer.stop();
    await database.drop();
  });
  const input = () => ({ campaignId: makeId() });
  const ids = await layer.commit((trx) => enqueueMany(trx, "campaign.launch", [input(), input(), input(), input()]));
  await until("some run", () => begun.length > 0);
  const before = [...begun];
  layer.worker.drain(true);
  const late = await layer.commit((trx) => enqueue(trx, "campaign.launch", input()));
  const running = () => query<{ id: string }>(layer.db, "select id from jobs.jobs where state = 'running'");
  await until("only what has begun is held", async () => (await running()).length === before.length);
  expect(layer.worker.vital()).toMatchObject({ running: before.length, waiting: 0, slots: 2 });
  release.resolve();
  await until("that has ended", async () => (await running()).length === 0);
  expect(begun).toEqual(before);
  expect((await layer.row(late))?.state).toBe("queued");
  layer.worker.drain(false);
  await until("everything has run", async () => {
    const rows = await Promise.all([...ids, late].map((id) => layer.row(id)));
    return rows.every((row) => row?.state === "completed" && row.attempts === 1);
  });
  expect(new Set(begun).size).toBe(5);
});

test("a draining sender keeps no message to itself and hands nothing over, another does; then they change places", async () => {
  const database = await freshDatabase();
  const at = { databaseUrl: database.url, redisUrl: freshRedis().url };
  const [one, two] = await Promise.all([openPipeline(at), openPipeline(at)]);
  onTestFinished(async () => {
    await Promise.all([one.close(), two.close()]);
    await database.drop();
  });
  await one.people(150);
  const first = one.sender({ connections: 2 });
  const id = await one.launch({ rate: { perSecond: 100 } });
  await until("some are sent", () => first.stats().sent > 0);
  setDraining(one.deps, true);
  await until("it holds none", async () => {
    const [held] = await query<{ count: number }>(
      one.db,
      "select count(*)::int as count from messaging.messages where state in ('claimed', 'handing_off')",
    );
    return held?.count === 0;
  });
  const before = first.stats().sent;
  const second = two.sender({ connections: 2 });
  await one.finished(id);
  expect([first.stats().sent, second.stats().sent]).toEqual([before, 150 - before]);
  setDraining(two.deps, true);
  setDraining(one.deps, false);
  await one.finished(await one.launch());
  expect([first.stats().sent, second.stats().sent]).toEqual([before + 150, 150 - before]);
});

test("a process that falls silent is shown as gone, one that says goodbye not at all", async () => {
  const redis = connectRedis(freshRedis().url, "test");
  onTestFinished(() => redis.disconnect());
  const said = (node: string, at = new Date()) =>
    ({ node, at: at.toISOString(), groups: [node] }) as unknown as Announcement;
  const known = async () =>
    (await listWorkers(redis, new Date())).map(
      ({ announcement, alive }) => `${announcement.node} ${alive ? "alive" : "gone"}`,
    );
  await announce(redis, said("a"));
  await announce(redis, said("b"));
  expect(await known()).toEqual(["a alive", "b alive"]);
  expect(await redis.pttl("lc:workers:a")).toBeGreaterThan(5_000);
  await redis.del("lc:workers:a");
  expect(await known()).toEqual(["b alive", "a gone"]);
  await orderDrain(redis, "b", true);
  await sayGoodbye(redis, "b");
  expect(await known()).toEqual(["a gone"]);
  expect(await readOrder(redis, "b")).toBeUndefined();
  await announce(redis, said("a", new Date(Date.now() - 11 * 60_000)));
  await redis.del("lc:workers:a");
  expect(await known()).toEqual([]);
  expect(await redis.hlen("lc:workers")).toBe(0);
});
