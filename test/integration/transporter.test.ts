// Calls between processes over Redis while Redis goes away, comes back and refuses: no process ends, nothing piles up.
import { ServiceBroker } from "moleculer";
import { expect, onTestFinished, test } from "vitest";
import { RedisTransporter } from "../../shared/broker/transporter.ts";
import { startRedis } from "../helpers/infrastructure.ts";
import { until } from "../helpers/processes.ts";
import { testRedis } from "../helpers/streams.ts";

const brokerAt = async (url: string, nodeID: string) => {
  const transporter = new RedisTransporter(url);
  const broker = new ServiceBroker({
    namespace: "lc",
    nodeID,
    logger: false,
    transporter,
    skipProcessEventRegistration: true,
  });
  onTestFinished(() => broker.stop());
  if (nodeID === "answers") broker.createService({ name: "clock", actions: { now: () => "now" } });
  await broker.start();
  return broker;
};

const pair = async () => {
  const redis = await startRedis();
  onTestFinished(() => redis.stop());
  const [asks] = await Promise.all([brokerAt(redis.url, "asks"), brokerAt(redis.url, "answers")]);
  const answered = () => until("it is answered", () => asks.call("clock.now", {}, { timeout: 1_000 }));
  expect(await answered()).toBe("now");
  return { redis, answered };
};

test("however often Redis is killed, each process has two connections afterwards and is answered", async () => {
  const { redis, answered } = await pair();
  for (let i = 0; i < 3; i++) {
    await redis.kill9();
    await redis.restart();
    await answered();
  }
  const control = testRedis(redis.url);
  const names = async () => {
    const found = [...String(await control.client("LIST")).matchAll(/ name=lc:(transporter\S*)/g)];
    return found.map(([, name]) => name).sort();
  };
  await expect.poll(names).toEqual(["transporter", "transporter", "transporter-sub", "transporter-sub"]);
});

test("a subscription that Redis refuses ends no process and is made once Redis takes it", async () => {
  const { redis, answered } = await pair();
  const control = testRedis(redis.url);
  const refusals = async () => Number(/errorstat_NOPERM:count=(\d+)/.exec(await control.info("errorstats"))?.[1] ?? 0);
  // Redis cuts whoever listens to what they may not hear any more.
  await control.acl("SETUSER", "default", "resetchannels");
  await until("subscriptions are refused, again and again", async () => (await refusals()) > 40);
  await control.acl("SETUSER", "default", "allchannels");
  expect(await answered()).toBe("now");
});
