// Limits: requests per person, token or address behind our own proxies, guesses at passwords, and Redis going away.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ownerEmail, type ServedGateway, serveGateway } from "../helpers/gateway.ts";
import { startRedis } from "../helpers/infrastructure.ts";

describe("the rate limit", () => {
  let gateway: ServedGateway;
  beforeAll(async () => {
    gateway = await serveGateway({
      settings: { rateLimitPerMinute: 5, trustedProxies: 2 },
      fakes: { "contacts.list": () => ({ data: [], nextCursor: null }) },
    });
  });
  afterAll(() => gateway.close());
  const from = (forwarded: string, headers: Record<string, string> = {}) =>
    gateway.ask({ path: "/api/v1/contacts", headers: { ...headers, "x-forwarded-for": forwarded } });

  it("counts strangers by the address that our proxies saw, whatever they claim before it", async () => {
    for (let n = 1; n <= 5; n++) expect((await from(`10.0.0.${n}, 203.0.113.7, 172.16.0.1`)).status).toBe(401);
    const sixth = await from("1.2.3.4, 203.0.113.7, 172.16.0.1");
    expect([
      sixth.status,
      sixth.json.code,
      sixth.headers["ratelimit-limit"],
      sixth.headers["ratelimit-remaining"],
    ]).toEqual([429, "RATE_LIMITED", "5", "0"]);
    expect(Number(sixth.headers["retry-after"])).toBeGreaterThan(0);
    expect((await from("203.0.113.7, 203.0.113.8, 172.16.0.1")).status).toBe(401);
  });

  it("counts a whole IPv6 network as one address", async () => {
    for (let n = 1; n <= 5; n++) expect((await from(`2001:db8:1:2::${n}, 10.0.0.1`)).status).toBe(401);
    expect((await from("2001:0db8:1:2:ffff::9, 10.0.0.1")).status).toBe(429);
    expect((await from("2001:db8:1:3::1, 10.0.0.1")).status).toBe(401);
  });

  it("counts each token and each person for themselves, from wherever they come", async () => {
    const first = await gateway.token("read");
    const second = await gateway.token("read");
    for (let n = 1; n <= 5; n++)
      expect((await from(`198.51.100.${n}, 10.0.0.1`, { authorization: first.authorization })).status).toBe(200);
    expect((await from("198.51.100.9, 10.0.0.1", { authorization: first.authorization })).status).toBe(429);
    const other = await from("198.51.100.9, 10.0.0.1", { authorization: second.authorization });
    expect([other.status, other.headers["ratelimit-remaining"]]).toEqual([200, "4"]);
  });

  it("leaves health pages, tracked links and the web app alone", async () => {
    for (let n = 0; n < 8; n++)
      expect(
        (await gateway.ask({ path: "/version", headers: { "x-forwarded-for": "192.0.2.1, 10.0.0.1" } })).status,
      ).toBe(200);
  });

  it("reads an address beside a port, and takes what is no address for none", async () => {
    for (const entry of ["203.0.113.60:4711", "203.0.113.60", "203.0.113.60:1", "203.0.113.60", "203.0.113.60:2"])
      expect((await from(`${entry}, 172.16.0.1`)).status).toBe(401);
    expect((await from("203.0.113.60:9, 172.16.0.1")).status).toBe(429);
    // Nothing that somebody makes up is a counter of its own: it is the connection that counts.
    for (let n = 1; n <= 5; n++) await from(`made-up-${n}, 172.16.0.1`);
    expect((await from("<script>, 172.16.0.1")).status).toBe(429);
  });
});

describe("guessing passwords", () => {
  let gateway: ServedGateway;
  beforeAll(async () => {
    gateway = await serveGateway({ settings: { trustedProxies: 1 } });
  });
  afterAll(() => gateway.close());
  const guess = (address: string, word: string, email = ownerEmail) =>
    gateway.ask({
      method: "POST",
      path: "/api/v1/auth/login",
      headers: { "x-forwarded-for": address },
      body: { email, password: word },
    });

  it("is slowed down per address and account, also when it comes in parallel, and locks nobody else out", async () => {
    const statuses = (
      await Promise.all(Array.from({ length: 14 }, (_, n) => guess("203.0.113.1", `wrong password ${n}`)))
    ).map((reply) => reply.status);
    expect(statuses.filter((status) => status === 401)).toHaveLength(10);
    const refused = await guess("203.0.113.1", "correct horse battery");
    expect([refused.status, refused.json.code]).toEqual([429, "RATE_LIMITED"]);
    expect(Number(refused.headers["retry-after"])).toBeGreaterThan(60);
    expect((await guess("203.0.113.2", "correct horse battery")).status).toBe(200);
  });

  it("from one address keeps nobody out who signs in from another, however long it goes on", async () => {
    await gateway.addUser("besieged@example.org", "editor");
    const statuses = (
      await Promise.all(
        Array.from({ length: 70 }, (_, n) => guess("203.0.113.9", `wrong password ${n}`, "besieged@example.org")),
      )
    ).map((reply) => reply.status);
    expect(statuses.filter((status) => status === 429)).toHaveLength(60);
    expect((await guess("203.0.113.10", "correct horse battery", "besieged@example.org")).status).toBe(200);
  });

  it("does not count right passwords", async () => {
    for (let n = 0; n < 12; n++) expect((await guess("203.0.113.3", "correct horse battery")).status).toBe(200);
  });
});

describe("without Redis", () => {
  it("answers 503 instead of hanging, keeps public pages up, and recovers by itself", async () => {
    const redis = await startRedis();
    const gateway = await serveGateway({
      redisUrl: redis.url,
      fakes: { "contacts.list": () => ({ data: [], nextCursor: null }) },
    });
    const token = await gateway.token("read");
    const session = await gateway.signIn();
    await redis.kill9();
    for (const headers of [{ authorization: token.authorization }, { cookie: session.cookie }, {}]) {
      const reply = await gateway.ask({ path: "/api/v1/contacts", headers: headers as Record<string, string> });
      expect([reply.status, reply.json.code]).toEqual([503, "SERVICE_UNAVAILABLE"]);
      expect(Number(reply.headers["retry-after"])).toBeGreaterThan(0);
    }
    const login = await gateway.ask({
      method: "POST",
      path: "/api/v1/auth/login",
      body: { email: ownerEmail, password: "correct horse battery" },
    });
    expect(login.status).toBe(503);
    expect((await gateway.ask({ path: "/version" })).status).toBe(200);
    await redis.restart();
    await expect
      .poll(
        async () =>
          (await gateway.ask({ path: "/api/v1/contacts", headers: { authorization: token.authorization } })).status,
      )
      .toBe(200);
    await gateway.close();
    await redis.stop();
  });
});
