// The sign-in link of a local start: once, for fifteen minutes, for an owner, and for nobody who is not at this machine.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ownerEmail, type ServedGateway, serveGateway } from "../helpers/gateway.ts";

let gateway: ServedGateway;
beforeAll(async () => {
  gateway = await serveGateway({ settings: { signInLink: true } });
});
afterAll(() => gateway.close());

const make = async (): Promise<string> => {
  const { makeSignInLink } = await import("../../gateway/accounts/sign-in-link.ts");
  const { depsOf } = await import("../../shared/broker/deps.ts");
  const link = await makeSignInLink(depsOf(gateway.broker), ownerEmail);
  expect(link?.email).toBe(ownerEmail);
  return link?.path.split("/").at(-1) ?? "";
};
const use = (code: string, headers: Record<string, string> = {}) =>
  gateway.ask({ method: "POST", path: "/api/v1/auth/sign-in-link", headers, body: { code } });

describe("the sign-in link", () => {
  it("signs the owner in once, and fetching its address uses nothing up", async () => {
    const code = await make();
    for (let n = 0; n < 3; n++) await gateway.ask({ path: `/sign-in/${code}` });
    const both = await Promise.all([use(code), use(code)]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 410]);
    const entered = both.find(({ status }) => status === 200);
    expect(entered?.json.user).toMatchObject({ email: ownerEmail, role: "owner" });
    expect(entered?.headers["set-cookie"]?.[0]).toMatch(new RegExp(`^lc_session_${gateway.port}=`));
    expect((await use(code)).json.code).toBe("LINK_INVALID");
    expect((await use("made-up-code")).status).toBe(410);
  });

  it("opens nothing through a proxy, by another name or for a foreign page, and is not used up by trying", async () => {
    const code = await make();
    for (const headers of [
      { "x-forwarded-for": "203.0.113.1" },
      { "x-forwarded-for": "127.0.0.1" },
      { forwarded: "for=127.0.0.1" },
      { via: "1.1 proxy" },
    ] as Record<string, string>[])
      expect((await use(code, headers)).json.code).toBe("LINK_INVALID");
    expect((await use(code, { host: "learn.example.org" })).status).toBe(403);
    expect((await use(code, { host: `localhost.evil.example:${gateway.port}` })).status).toBe(403);
    expect((await use(code, { origin: "https://evil.example" })).json.code).toBe("CSRF_FAILED");
    expect((await use(code)).status).toBe(200);
  });

  it("ends after fifteen minutes, and when its owner is disabled", async () => {
    const { Redis } = await import("ioredis");
    const redis = new Redis(gateway.redisUrl);
    await redis.del(...(await redis.keys("lc:sign-in-link:*")), "none");
    const code = await make();
    const [key = ""] = await redis.keys("lc:sign-in-link:*");
    expect(key).not.toContain(code);
    const seconds = await redis.ttl(key);
    expect(seconds > 890 && seconds <= 900).toBe(true);
    redis.disconnect();
    await gateway.sql("update accounts.users set disabled_at = now()");
    expect((await use(code)).status).toBe(410);
    await gateway.sql("update accounts.users set disabled_at = null");
  });

  it("is not there at all where nobody was given one", async () => {
    const other = await serveGateway({ settings: { signInLink: false } });
    const reply = await other.ask({ method: "POST", path: "/api/v1/auth/sign-in-link", body: { code: "x" } });
    expect([reply.status, reply.json.code]).toEqual([404, "NOT_FOUND"]);
    const { settingsFrom } = await import("../../gateway/settings.ts");
    const { config } = await import("../../shared/config.ts");
    expect(settingsFrom({ ...config, production: true }).signInLink).toBe(false);
    await other.close();
  });
});
