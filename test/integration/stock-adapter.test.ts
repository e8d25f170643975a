// Why there is an adapter of our own: each defect of the stock Redis adapter of @moleculer/channels, shown on the stock
// one and absent from ours, by the same scenario. A stock adapter that no longer has one of them fails its line here.
import type { Redis } from "ioredis";
import type { ServiceBroker } from "moleculer";
import { expect, onTestFinished, test } from "vitest";
import { channel, type KitLimits, type KitName, kits, listener } from "../helpers/channel-kits.ts";
import { freshRedis, type RedisServer, startRedis } from "../helpers/infrastructure.ts";
import { startNode, until } from "../helpers/processes.ts";
import { pendingOf, testRedis } from "../helpers/streams.ts";

const both: readonly KitName[] = ["stock", "ours"];
const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);
const send = (broker: ServiceBroker, payload: unknown): Promise<void> =>
  (broker as unknown as { sendToChannel(name: string, payload: unknown): Promise<void> }).sendToChannel(
    channel,
    payload,
  );

/** Lets everything that is to happen happen: what has not by then is not going to. */
const aWhile = (ms: number) => {
  const begin = performance.now();
  return until("a while has passed", () => performance.now() - begin > ms, { timeoutMs: ms + 5_000 });
};

const start = async (
  kit: KitName,
  url: string,
  handler: (data: { n: number }) => unknown,
  limits?: KitLimits,
): Promise<ServiceBroker> => {
  const broker = kits[kit].broker(url, [listener(handler)], limits);
  await broker.start();
  return broker;
};

const ownRedis = async (): Promise<RedisServer> => {
  const server = await startRedis();
  onTestFinished(() => server.stop());
  return server;
};

const calls = async (redis: Redis, command: string): Promise<number> =>
  Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(await redis.info("commandstats"))?.[1] ?? 0);

test.each(both)("%s: what was pending at a clean stop is delivered again (stock: lost)", async (kit) => {
  const { url } = freshRedis();
  const redis = testRedis(url);
  const { stream, add } = kits[kit];
  const tried = Promise.withResolvers<void>();
  const failing = await start(
    kit,
    url,
    async () => {
      tried.resolve();
      throw new Error("not today");
    },
    { tries: 1_000 },
  );
  await add(redis, [1]);
  await tried.promise;
  await failing.stop();
  const handled: number[] = [];
  const healthy = await start(kit, url, async ({ n }) => handled.push(n), { leaseMs: 200, tries: 1_000 });
  if (kit === "ours") await until("it is handled", () => handled.length === 1);
  else {
    // Deleting the consumer dropped what it had: nobody owns the message any more, and it is not new either.
    expect(await pendingOf(redis, stream)).toBe(0);
    expect(await redis.xlen(stream)).toBe(1);
    await aWhile(400);
    expect(handled).toEqual([]);
  }
  await healthy.stop();
});

test.each(both)("%s: a payload that is no JSON harms nobody (stock: it ends the process)", async (kit) => {
  const { url } = freshRedis();
  const redis = testRedis(url);
  const { add, addBroken, dead } = kits[kit];
  const child = startNode(["test/helpers/channel-process.ts", kit, url], {});
  onTestFinished(() => child.kill9());
  await until("it listens", () => child.messages.length > 0);
  await addBroken(redis);
  await add(redis, [7]);
  if (kit === "stock") {
    expect(await child.exited).toBe(1);
    expect(child.messages).not.toContainEqual({ handled: 7 });
  } else {
    await until("the next is handled", () => child.messages.some((one) => (one as { handled?: number }).handled === 7));
    expect(await redis.xlen(dead)).toBe(1);
  }
});

test.each(both)("%s: a refused acknowledgement is tried again (stock: the consumer freezes for good)", async (kit) => {
  const { url } = freshRedis();
  const redis = testRedis(url);
  const { add, stream } = kits[kit];
  const user = `flaky-${kit}`;
  await redis.acl("SETUSER", user, "on", ">any", "~*", "&*", "+@all", "-xack");
  onTestFinished(async () => void (await redis.acl("DELUSER", user)));
  const own = url.replace("redis://", `redis://${user}:any@`);
  const child = startNode(["test/helpers/channel-process.ts", kit, own, "stubborn"], {});
  onTestFinished(() => child.kill9());
  const handled = (n: number) => child.messages.some((one) => (one as { handled?: number }).handled === n);
  await add(redis, [1]);
  await until("the first is handled", () => handled(1));
  if (kit === "stock")
    await until("it was refused", () => child.messages.some((one) => "unhandled" in (one as object)));
  await redis.acl("SETUSER", user, "+xack");
  await add(redis, [2]);
  if (kit === "ours") {
    await until("the next too", () => handled(2));
    await until("both are acknowledged", async () => (await pendingOf(redis, stream)) === 0);
  } else {
    await aWhile(700);
    expect(handled(2)).toBe(false);
    expect(await pendingOf(redis, stream)).toBe(1);
  }
});

test.each(both)(
  "%s: a job longer than its lease runs once and is no dead letter while it runs (stock: again and again, and dead)",
  async (kit) => {
    const { url } = freshRedis();
    const redis = testRedis(url);
    const { add, dead, stream } = kits[kit];
    const gate = Promise.withResolvers<void>();
    let runs = 0;
    const broker = await start(
      kit,
      url,
      async () => {
        runs++;
        await gate.promise;
      },
      { leaseMs: 200, tries: 3 },
    );
    await add(redis, [1]);
    await until("it runs", () => runs > 0);
    if (kit === "stock") await until("it is a dead letter", async () => (await redis.xlen(dead)) > 0);
    else await aWhile(700);
    expect(runs > 1).toBe(kit === "stock");
    expect(await redis.xlen(dead)).toBe(kit === "stock" ? 1 : 0);
    gate.resolve();
    await until("it is acknowledged", async () => (await pendingOf(redis, stream)) === 0);
    await broker.stop();
  },
);

test.each(both)("%s: a slow message holds up nobody (stock: the acks and slots of its whole batch)", async (kit) => {
  const { url } = freshRedis();
  const redis = testRedis(url);
  const { add, stream } = kits[kit];
  const slow = Promise.withResolvers<void>();
  const seen: number[] = [];
  await add(redis, numbers(12));
  const broker = await start(
    kit,
    url,
    async ({ n }) => {
      seen.push(n);
      if (n === 0) await slow.promise;
    },
    { maxInFlight: 4 },
  );
  if (kit === "ours")
    await until("all others are done", async () => seen.length === 12 && (await pendingOf(redis, stream)) === 1);
  else {
    await until("a batch runs", () => seen.length === 4);
    await aWhile(400);
    expect(seen).toHaveLength(4);
    // Three of them are long done.
    expect(await pendingOf(redis, stream)).toBe(4);
  }
  slow.resolve();
  await until("all are done", async () => seen.length === 12 && (await pendingOf(redis, stream)) === 0);
  await broker.stop();
});

test.each(both)("%s: a publish that stores nothing rejects (stock: it resolves while stopping)", async (kit) => {
  const { url } = freshRedis();
  const redis = testRedis(url);
  const broker = await start(kit, url, async () => undefined);
  await broker.stop();
  const late = send(broker, { n: 1 });
  if (kit === "stock") await late;
  else await expect(late).rejects.toThrow("not connected");
  expect(await redis.xlen(kits[kit].stream)).toBe(0);
});

test.each(both)(
  "%s: after FLUSHALL its group is made again (stock: never, and it loops over the error)",
  async (kit) => {
    const server = await ownRedis();
    const redis = testRedis(server.url);
    const { add } = kits[kit];
    const seen: number[] = [];
    const broker = await start(kit, server.url, async ({ n }) => seen.push(n));
    await add(redis, [1]);
    await until("it listens", () => seen.length === 1);
    await redis.flushall();
    await add(redis, [2]);
    const refusals = async () =>
      Number(/errorstat_NOGROUP:count=(\d+)/.exec(await redis.info("errorstats"))?.[1] ?? 0) +
      Number(/errorstat_UNBLOCKED:count=(\d+)/.exec(await redis.info("errorstats"))?.[1] ?? 0);
    if (kit === "ours") {
      await until("the next is handled", () => seen.includes(2));
      expect(await refusals()).toBeLessThan(20);
    } else {
      await until("it was refused hundreds of times", async () => (await refusals()) > 300);
      expect(seen).toEqual([1]);
    }
    await broker.stop();
  },
);

test.each(both)("%s: many acknowledgements travel as one (stock: a round trip each)", async (kit) => {
  const server = await ownRedis();
  const redis = testRedis(server.url);
  const { add, stream } = kits[kit];
  await add(redis, numbers(400));
  let handled = 0;
  const broker = await start(kit, server.url, async () => handled++, { maxInFlight: 50 });
  await until("all are handled", async () => handled === 400 && (await pendingOf(redis, stream)) === 0);
  const trips = await calls(redis, "xack");
  if (kit === "stock") expect(trips).toBe(400);
  else expect(trips).toBeLessThan(100);
  await broker.stop();
});

test("47 idle channels of five groups: six connections and next to no commands (stock: 50, and hundreds a second)", async () => {
  const groups = ["contacts", "campaigns", "email", "sms", "calls"];
  const services = groups.map((name, index) => ({
    name,
    channels: Object.fromEntries(
      Array.from({ length: index === 0 ? 11 : 9 }, (_, n) => [
        `family${n}.fact-${index}`,
        { group: name, handler: async () => undefined },
      ]),
    ),
  }));
  expect(services.flatMap((one) => Object.keys(one.channels))).toHaveLength(47);
  const cost = async (kit: KitName) => {
    const server = await ownRedis();
    const redis = testRedis(server.url);
    const broker = kits[kit].broker(server.url, services);
    await broker.start();
    const number = (text: string, name: string) => Number(new RegExp(`${name}:(\\d+)`).exec(text)?.[1]);
    const blocked = kit === "stock" ? 47 : groups.length;
    await until("every reader blocks", async () => number(await redis.info("clients"), "blocked_clients") === blocked);
    const connections = number(await redis.info("clients"), "connected_clients") - 1;
    const before = number(await redis.info("stats"), "total_commands_processed");
    await aWhile(1_200);
    const commands = number(await redis.info("stats"), "total_commands_processed") - before;
    await broker.stop();
    return { connections, commands };
  };
  const [stock, ours] = await Promise.all([cost("stock"), cost("ours")]);
  expect(stock.connections).toBe(50);
  expect(ours.connections).toBe(groups.length + 1);
  expect(stock.commands).toBeGreaterThan(300);
  expect(ours.commands).toBeLessThan(50);
});
