// The live stream: who may follow, what is told and how often, coming back after a break, and its end.
import { type ClientRequest, type IncomingMessage, request } from "node:http";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type ServedGateway, serveGateway } from "../helpers/gateway.ts";

const id = "01990000-0000-7000-8000-000000000001";
let gateway: ServedGateway;
let announce: (...topics: string[]) => Promise<void>;
let auth: { authorization: string };
const open: ClientRequest[] = [];

beforeAll(async () => {
  gateway = await serveGateway({});
  const { announceTopics } = await import("../../gateway/live/announce.ts");
  const { depsOf } = await import("../../shared/broker/deps.ts");
  const { redis } = depsOf(gateway.broker);
  announce = (...topics) => announceTopics(redis, topics);
  const { authorization } = await gateway.token("read");
  auth = { authorization };
});
afterEach(() => {
  for (const sent of open.splice(0)) sent.destroy();
});
afterAll(() => gateway.close());

interface Stream {
  readonly status: number;
  readonly events: { id: string; topic: string; at: number }[];
  readonly ended: Promise<void>;
  text(): string;
}

const follow = (topics: string, headers: Record<string, string> = auth): Promise<Stream> =>
  new Promise((resolve, reject) => {
    const sent = request(
      { host: "127.0.0.1", port: gateway.port, path: `/api/v1/live?topics=${encodeURIComponent(topics)}`, headers },
      (res: IncomingMessage) => {
        let text = "";
        const events: Stream["events"] = [];
        res.on("data", (piece: Buffer) => {
          text += piece.toString();
          for (const [, eventId = "", data = "{}"] of piece.toString().matchAll(/id: (\d+)\ndata: (.*)\n/g))
            events.push({ id: eventId, topic: (JSON.parse(data) as { topic: string }).topic, at: performance.now() });
        });
        const ended = new Promise<void>((end) => res.once("close", end));
        resolve({ status: res.statusCode ?? 0, events, ended, text: () => text });
      },
    );
    sent.on("error", reject);
    sent.end();
    open.push(sent);
  });

/** Announces until the stream hears it: by then the subscription stands. */
const settled = async (stream: Stream, topic: string) => {
  await expect
    .poll(async () => {
      await announce(topic);
      return stream.events.length;
    })
    .toBeGreaterThan(0);
};

describe("a live stream", () => {
  it("tells only the topics that were asked for", async () => {
    const stream = await follow(`campaigns,campaign:${id}`);
    expect(stream.status).toBe(200);
    await settled(stream, "campaigns");
    await announce("imports", "campaign:other", `campaign:${id}`);
    await expect.poll(() => stream.events.map((event) => event.topic)).toContain(`campaign:${id}`);
    expect(stream.events.every((event) => ["campaigns", `campaign:${id}`].includes(event.topic))).toBe(true);
  });

  it("tells a topic at most once a second, and its last change for certain", async () => {
    const stream = await follow("import:busy");
    await settled(stream, "import:busy");
    const before = stream.events.length;
    for (let n = 0; n < 50; n++) await announce("import:busy");
    const last = performance.now();
    await expect.poll(() => stream.events.length).toBeGreaterThan(before);
    expect(stream.events.length - before).toBeLessThanOrEqual(2);
    expect(stream.events.at(-1)?.at).toBeGreaterThan(last - 50);
    for (const [n, event] of stream.events.entries())
      if (n > 0) expect(event.at - (stream.events[n - 1]?.at ?? 0)).toBeGreaterThan(900);
  });

  it("tells a browser that comes back what changed while it was away, and nothing else", async () => {
    const first = await follow("campaign:a,campaign:b");
    await settled(first, "campaign:a");
    const seen = String(Date.now() + 10_000);
    const upToDate = await follow("campaign:a,campaign:b", { ...auth, "last-event-id": seen });
    const behind = await follow("campaign:a,campaign:b", { ...auth, "last-event-id": "1" });
    await expect.poll(() => behind.events.map((event) => event.topic)).toEqual(["campaign:a", "campaign:b"]);
    expect(upToDate.events).toEqual([]);
  });

  it("tells of queues every second while somebody follows them", async () => {
    const stream = await follow("queues");
    await expect.poll(() => stream.events.length).toBeGreaterThanOrEqual(2);
    const [first, second] = stream.events;
    expect(first?.topic).toBe("queues");
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThan(500);
  });

  it("needs the ability to read, and sane topics", async () => {
    expect((await follow("campaigns", {})).status).toBe(401);
    expect((await follow("campaigns", { authorization: (await gateway.token("send")).authorization })).status).toBe(
      403,
    );
    for (const topics of ["", "Bad Topic", "a:b:c", Array.from({ length: 51 }, (_, n) => `t:${n}`).join(",")])
      expect((await follow(topics)).status).toBe(422);
  });

  it("ends when the gateway stops, and the gateway does not wait for it", async () => {
    const other = await serveGateway({});
    const { authorization } = await other.token("read");
    const stream = await new Promise<IncomingMessage>((resolve) =>
      request(
        { host: "127.0.0.1", port: other.port, path: "/api/v1/live?topics=campaigns", headers: { authorization } },
        resolve,
      ).end(),
    );
    let ended = false;
    stream.on("end", () => {
      ended = true;
    });
    stream.resume();
    await other.broker.stop();
    await expect.poll(() => ended).toBe(true);
    await other.close();
  });
});
