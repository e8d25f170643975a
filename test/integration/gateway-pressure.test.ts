// Back-pressure: new work is refused with 503 while there is no room for it, everything else goes on, and it ends by itself.
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { type Reply, type ServedGateway, serveGateway } from "../helpers/gateway.ts";
import { type RedisServer, startRedis } from "../helpers/infrastructure.ts";
import { until } from "../helpers/processes.ts";
import { testRedis } from "../helpers/streams.ts";

const off = { jobs: 0, messages: 0, events: 0 };
const campaign = "01990000-0000-7000-8000-000000000001";
const refused = (reply: Reply) => [reply.status, reply.json?.code, Number(reply.headers["retry-after"])];
const overloaded = [503, "OVERLOADED", 15];
const addJobs = (gateway: ServedGateway, count: number) =>
  gateway.sql(
    `insert into jobs.jobs (id, type, group_name, queue, state, input, run_at)
     select gen_random_uuid(), 'campaign.launch', 'campaigns', 'default', 'queued', '{}', now() from generate_series(1, ?::int)`,
    [count],
  );

describe("a line that is too long", () => {
  let gateway: ServedGateway;
  let headers: Record<string, string>;
  const asked: string[] = [];
  beforeAll(async () => {
    const note = (name: string, answer: unknown) => () => {
      asked.push(name);
      return answer;
    };
    gateway = await serveGateway({
      settings: { limits: { jobs: 3, messages: 2, events: 3 } },
      fakes: {
        "imports.begin": note("imports.begin", { id: campaign }),
        "campaigns.launch": note("campaigns.launch", { id: campaign, status: "running" }),
        "campaigns.cancel": note("campaigns.cancel", { id: campaign, status: "cancelled" }),
        "contacts.list": note("contacts.list", { data: [], nextCursor: null }),
      },
    });
    const { default: messages } = await import("../../services/campaigns/messages.service.ts");
    await gateway.broker.createService(messages);
    await gateway.broker.waitForServices("messages");
    headers = { authorization: (await gateway.token("read", "write", "send", "admin")).authorization };
  });
  afterAll(() => gateway.close());

  const send = () =>
    gateway.ask({
      method: "POST",
      path: "/api/v1/messages",
      headers,
      body: {
        channel: "email",
        to: "ada@example.org",
        kind: "transactional",
        content: { subject: "Hi", html: "<p>Hi</p>" },
      },
    });
  const launch = () => gateway.ask({ method: "POST", path: `/api/v1/campaigns/${campaign}/launch`, headers, body: {} });
  const upload = () =>
    gateway.ask({
      method: "POST",
      path: "/api/v1/imports",
      headers: { ...headers, "content-type": "multipart/form-data; boundary=x" },
      body: '--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\nemail\r\n--x--\r\n',
    });
  const open = () => until("new work is taken", async () => (await launch()).status === 202, { everyMs: 200 });

  it("of jobs or events refuses messages, launches and imports before anything is begun, and leaves the rest open", async () => {
    await addJobs(gateway, 3);
    await gateway.sql(
      `insert into jobs.outbox (id, type, payload, created_at)
       select gen_random_uuid(), 'message.delivered', '{}', now() - interval '16 minutes' from generate_series(1, 3)`,
    );
    const full = await until("it is seen", async () => {
      const reply = await launch();
      return reply.status === 503 ? reply : undefined;
    });
    expect(refused(full)).toEqual(overloaded);
    expect(full.json.detail).toContain("3 jobs wait already, which is the most (LC_MAX_QUEUED_JOBS)");
    expect(full.json.detail).toContain("3 events wait already");
    expect(full.json.detail).toContain("Events have waited for 16 minutes to be given out");
    asked.splice(0);
    expect(refused(await send())).toEqual(overloaded);
    expect(refused(await upload())).toEqual(overloaded);
    expect(asked).toEqual([]);
    expect(await gateway.sql("select 1 from messaging.messages")).toEqual([]);
    expect((await gateway.ask({ path: "/api/v1/contacts", headers })).status).toBe(200);
    expect((await gateway.ask({ method: "POST", path: `/api/v1/campaigns/${campaign}/cancel`, headers })).status).toBe(
      202,
    );
    expect((await gateway.signIn()).cookie).toContain("=");
    await gateway.sql("delete from jobs.jobs");
    await gateway.sql("delete from jobs.outbox");
    await open();
  });

  it("of messages refuses the next one that is sent, whole", async () => {
    const statuses: number[] = [];
    await until("it is refused", async () => {
      const reply = await send();
      statuses.push(reply.status);
      if (reply.status === 503) expect(reply.json.detail).toContain("LC_MAX_QUEUED_MESSAGES");
      return reply.status === 503;
    });
    const taken = statuses.filter((status) => status === 202).length;
    expect(taken).toBeGreaterThanOrEqual(2);
    expect(await gateway.sql("select count(*)::int as n from messaging.messages where state = 'queued'")).toEqual([
      { n: taken },
    ]);
    await gateway.sql("delete from messaging.messages");
    await open();
  });
});

describe("a store that is full", () => {
  let gateway: ServedGateway;
  let redis: RedisServer;
  let diskFull = false;
  beforeAll(async () => {
    redis = await startRedis({ config: ["maxmemory 24mb", "maxmemory-policy noeviction"] });
    gateway = await serveGateway({
      redisUrl: redis.url,
      settings: { limits: off },
      fakes: {
        "contacts.list": () => ({ data: [], nextCursor: null }),
        "campaigns.launch": async () => {
          if (diskFull) await gateway.sql("do $$ begin raise exception 'no space' using errcode = '53100'; end $$");
          return { id: campaign, status: "running" };
        },
      },
    });
  });
  afterAll(async () => {
    await gateway.close();
    await redis.stop();
  });

  it("is Redis: above nine tenths no new work, at its end people still get in, and it heals", async () => {
    const client = testRedis(redis.url);
    const headers = { authorization: (await gateway.token("read", "send")).authorization };
    const session = await gateway.signIn();
    const launch = () =>
      gateway.ask({ method: "POST", path: `/api/v1/campaigns/${campaign}/launch`, headers, body: {} });
    expect((await launch()).status).toBe(202);
    const used = async () => Number(/^used_memory:(\d+)/m.exec(await client.info("memory"))?.[1]) / (24 * 1_048_576);
    let filled = 0;
    const fill = async (share: number, bytes: number) => {
      while ((await used()) < share) await client.set(`junk:${filled++}`, "x".repeat(bytes));
    };
    await fill(0.92, 200_000);
    const full = await until("it is seen", async () => {
      const reply = await launch();
      return reply.status === 503 ? reply : undefined;
    });
    expect(refused(full)).toEqual(overloaded);
    expect(full.json.detail).toMatch(/Redis uses 2\d MB of its 24 MB/);
    expect((await gateway.signIn()).cookie).toContain("=");
    for (const bytes of [100_000, 3_000, 10]) await expect(fill(2, bytes)).rejects.toThrow("OOM");
    expect((await gateway.ask({ path: "/api/v1/contacts", headers })).status).toBe(200);
    expect((await gateway.ask({ path: "/api/v1/contacts", headers: session })).status).toBe(200);
    const late = await gateway.ask({
      method: "POST",
      path: "/api/v1/auth/login",
      body: { email: "owner@example.org", password: "correct horse battery" },
    });
    expect(refused(late)).toEqual(overloaded);
    expect(late.json.detail).toContain("Redis has no memory left");
    await client.flushdb();
    const again = await gateway.signIn();
    await until("new work is taken", async () => {
      const reply = await gateway.ask({
        method: "POST",
        path: `/api/v1/campaigns/${campaign}/launch`,
        headers: { ...again, origin: `http://127.0.0.1:${gateway.port}` },
        body: {},
      });
      return reply.status === 202;
    });
  });

  it("is Postgres: the act is refused with what is to be done", async () => {
    diskFull = true;
    onTestFinished(() => {
      diskFull = false;
    });
    const headers = { authorization: (await gateway.token("send")).authorization };
    const reply = await gateway.ask({
      method: "POST",
      path: `/api/v1/campaigns/${campaign}/launch`,
      headers,
      body: {},
    });
    expect(refused(reply)).toEqual([503, "OVERLOADED", 30]);
    expect(reply.json.detail).toContain("no space left");
  });
});
