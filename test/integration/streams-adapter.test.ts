// Channels of real brokers over the streams adapter: what services rely on when they listen and publish.
import type { Context, ServiceBroker } from "moleculer";
import { expect, onTestFinished, test } from "vitest";
import { publishEvents } from "../../shared/streams/publish.ts";
import { newEvent, readEvent } from "../../shared/streams/stream-entry.ts";
import { freshRedis, startRedis } from "../helpers/infrastructure.ts";
import { until } from "../helpers/processes.ts";
import { pendingOf, testBroker, testRedis } from "../helpers/streams.ts";

const stream = "lc:events:message";

interface Sending {
  sendToChannel(name: string, payload: unknown, options?: object): Promise<void>;
}

const send = (broker: ServiceBroker, name: string, payload: unknown, options: object = {}) =>
  (broker as unknown as Sending).sendToChannel(name, payload, options);

test("a handler gets the payload, the event's id and time, the request id, and nothing else of the sender's meta", async () => {
  const { url } = freshRedis();
  const contexts: Context[] = [];
  const listener = {
    name: "timelines",
    channels: {
      "message.delivered": {
        group: "campaigns",
        context: true,
        handler: async (ctx: Context) => void contexts.push(ctx),
      },
    },
  };
  const sender = {
    name: "sender",
    actions: {
      go: (ctx: Context) => send(ctx.broker, "message.delivered", { to: "somebody" }, { ctx }),
    },
  };
  const broker = await testBroker([listener, sender], { redisUrl: url });
  await broker.call("sender.go", {}, { requestID: "request-7", meta: { caller: { email: "owner@example.org" } } });
  const context = await until("the event is handled", () => contexts[0]);
  expect(context.params).toEqual({ to: "somebody" });
  expect(context.requestID).toBe("request-7");
  expect(context.meta).toEqual({ requestId: "request-7" });
  expect(context.headers?.id).toMatch(/^[0-9a-f-]{36}$/);
  expect(Date.parse(context.headers?.at ?? "")).toBeGreaterThan(0);
  expect(context.locals?.signal).toBeInstanceOf(AbortSignal);
  const [entry] = await testRedis(url).xrange(stream, "-", "+");
  const read = readEvent(entry?.[1] ?? []);
  expect(read).toMatchObject({ ok: true, value: { type: "message.delivered", headers: { requestId: "request-7" } } });
  expect(JSON.stringify(entry)).not.toContain("owner@example.org");
});

test("every group gets an event once, and every service of a group that listens handles it", async () => {
  const { url } = freshRedis();
  const handled: string[] = [];
  const listening = (name: string, group: string) => ({
    name,
    channels: { "message.delivered": { group, handler: async () => void handled.push(name) } },
  });
  const first = [
    listening("timelines", "campaigns"),
    listening("alerts", "campaigns"),
    listening("contacts", "contacts"),
  ];
  const broker = await testBroker(first, { redisUrl: url });
  await testBroker([listening("timelines", "campaigns"), listening("alerts", "campaigns")], { redisUrl: url });
  await send(broker, "message.delivered", {});
  const redis = testRedis(url);
  await until("both groups have acknowledged it", async () => {
    const groups = await Promise.all(["campaigns", "contacts"].map((group) => pendingOf(redis, stream, group)));
    return handled.length >= 3 && groups.every((pending) => pending === 0);
  });
  expect(handled.sort()).toEqual(["alerts", "contacts", "timelines"]);
});

test("an event that a service publishes while it starts is handled, although its listener was not started yet", async () => {
  const { url } = freshRedis();
  const seen: unknown[] = [];
  let ready = false;
  const eager = {
    name: "eager",
    async started(this: { broker: ServiceBroker }) {
      await send(this.broker, "message.delivered", { early: true });
    },
  };
  const late = {
    name: "late",
    channels: { "message.delivered": { group: "campaigns", handler: async () => void seen.push(ready) } },
    async started() {
      const redis = testRedis(url);
      await until("the event is in the stream", async () => (await redis.xlen(stream)) === 1);
      ready = true;
    },
  };
  await testBroker([eager, late], { redisUrl: url });
  await until("it was handled", () => seen.length > 0);
  expect(seen).toEqual([true]);
});

test("a broker that stops hands running events on: the handler's signal aborts, another process handles them", async () => {
  const { url } = freshRedis();
  const redis = testRedis(url);
  const started: string[] = [];
  const aborted: string[] = [];
  const stuck = {
    name: "timelines",
    channels: {
      "message.delivered": {
        group: "campaigns",
        handler: (data: { n: string }, raw: { signal: AbortSignal }) => {
          started.push(data.n);
          return new Promise((_, reject) => {
            raw.signal.addEventListener("abort", () => {
              aborted.push(data.n);
              reject(raw.signal.reason);
            });
          });
        },
      },
    },
  };
  const broker = await testBroker([stuck], { redisUrl: url });
  for (const n of ["a", "b", "c"]) await send(broker, "message.delivered", { n });
  await until("all three run", () => started.length === 3);
  await broker.stop();
  expect(aborted.sort()).toEqual(["a", "b", "c"]);
  expect(await pendingOf(redis, stream)).toBe(3);
  const handled: [string, number][] = [];
  const healthy = {
    name: "timelines",
    channels: {
      "message.delivered": {
        group: "campaigns",
        handler: async (data: { n: string }, raw: { attempt: number }) => void handled.push([data.n, raw.attempt]),
      },
    },
  };
  await testBroker([healthy], { redisUrl: url });
  await until("the others are handled", async () => handled.length === 3 && (await pendingOf(redis, stream)) === 0);
  // Being stopped is no failure of the event.
  expect(handled.sort()).toEqual([
    ["a", 1],
    ["b", 1],
    ["c", 1],
  ]);
});

test("a broker that stops takes its consumers out of the groups, when nothing is pending for them", async () => {
  const { url } = freshRedis();
  const redis = testRedis(url);
  let handled = 0;
  const listener = {
    name: "campaigns",
    channels: {
      "message.delivered": { group: "campaigns", handler: async () => void handled++ },
    },
  };
  const broker = await testBroker([listener], { redisUrl: url });
  await publishEvents(redis, [newEvent("message.delivered", {})]);
  await until("it is handled", () => handled === 1);
  await broker.stop();
  expect(await redis.xinfo("CONSUMERS", "lc:events:message", "campaigns")).toEqual([]);
});

test("what is published while the broker stops is stored, and what comes after is refused", async () => {
  const { url } = freshRedis();
  const redis = testRedis(url);
  const chatty = {
    name: "chatty",
    channels: { "contact.created": { group: "contacts", handler: async () => undefined } },
    async stopped(this: { broker: ServiceBroker }) {
      await send(this.broker, "message.delivered", { last: true });
    },
  };
  const broker = await testBroker([chatty], { redisUrl: url });
  await broker.stop();
  expect(await redis.xlen(stream)).toBe(1);
  await expect(send(broker, "message.delivered", {})).rejects.toThrow("not connected");
  expect(await redis.xlen(stream)).toBe(1);
});

test("a publish of more than Redis should hold rejects in words", async () => {
  const { url } = freshRedis();
  const broker = await testBroker([], { redisUrl: url });
  await expect(send(broker, "message.delivered", { text: "x".repeat(300_000) })).rejects.toThrow("at most 262144");
  expect(await testRedis(url).exists(stream)).toBe(0);
});

test("a publish that Redis does not answer in time rejects instead of looking stored", async () => {
  const server = await startRedis();
  onTestFinished(() => server.stop());
  const broker = await testBroker([], { redisUrl: server.url, publishTimeoutMs: 200 });
  await send(broker, "message.delivered", {});
  await server.kill9();
  await expect(send(broker, "message.delivered", {})).rejects.toThrow("not published");
});
