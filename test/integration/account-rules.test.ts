// The rules of passwords, sessions and access tokens that no journey meets by itself: ends, limits, and what ends with what.
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hash } from "@node-rs/argon2";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { environmentWith } from "../../shared/environment.ts";
import { password, type ServedGateway, serveGateway } from "../helpers/gateway.ts";

let gateway: ServedGateway;
let redis: Redis;
beforeAll(async () => {
  gateway = await serveGateway({ fakes: { "contacts.list": () => ({ data: [], nextCursor: null }) } });
  redis = new Redis(gateway.redisUrl);
});
afterAll(async () => {
  redis.disconnect();
  await gateway.close();
});

type Headers = Readonly<Record<string, string>>;
const ask = (method: string, path: string, body?: unknown, headers: Headers = {}) =>
  gateway.ask({ method, path: `/api/v1${path}`, headers, ...(body === undefined ? {} : { body }) });
const login = (email: string, secret = password) => ask("POST", "/auth/login", { email, password: secret });
const reads = async (headers: Headers) => (await ask("GET", "/contacts", undefined, headers)).status;
const tokenOf = async (session: Headers) => {
  const made = await ask("POST", "/auth/tokens", { name: "t", abilities: ["read"] }, session);
  return { id: String(made.json.id), authorization: `Bearer ${made.json.token}` };
};

describe("a password hash with older parameters", () => {
  it("is replaced at the next sign-in, by two at once as well, and by no wrong password", async () => {
    const id = await gateway.addUser("veteran@example.org", "viewer");
    const stored = async () =>
      String((await gateway.sql("select password_hash as h from accounts.users where id = ?", [id]))[0]?.h);
    const weak = await hash(password, { memoryCost: 8_192, timeCost: 1, parallelism: 1 });
    await gateway.sql("update accounts.users set password_hash = ? where id = ?", [weak, id]);
    expect((await login("veteran@example.org", "not the password")).status).toBe(401);
    expect(await stored()).toBe(weak);
    const both = await Promise.all([login("veteran@example.org"), login("veteran@example.org")]);
    expect(both.map(({ status }) => status)).toEqual([200, 200]);
    expect(await stored()).toContain("$argon2id$v=19$m=19456,t=2,p=1$");
    expect((await login("veteran@example.org")).status).toBe(200);
  });
});

describe("tries at a password", () => {
  it("are slowed down for an account from everywhere, for a minute at most, and for known and unknown alike", async () => {
    const { createLoginThrottle } = await import("../../gateway/accounts/login-throttle.ts");
    const throttle = createLoginThrottle(redis);
    const tries = await Promise.allSettled(
      Array.from({ length: 70 }, (_, n) => throttle.attempt(`203.0.${n}.1`, "some account")),
    );
    const refused = tries.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
    expect(refused).toHaveLength(10);
    for (const { type, data } of refused) {
      expect(type).toBe("RATE_LIMITED");
      expect(data.retryAfter).toBeLessThanOrEqual(60);
    }
    await throttle.attempt("203.0.113.1", "another account");
  });

  it("are counted per address over all accounts", async () => {
    const { createLoginThrottle } = await import("../../gateway/accounts/login-throttle.ts");
    const throttle = createLoginThrottle(redis);
    const tries = await Promise.allSettled(
      Array.from({ length: 105 }, (_, n) => throttle.attempt("198.51.100.1", `account ${n}`)),
    );
    expect(tries.filter(({ status }) => status === "rejected")).toHaveLength(5);
  });
});

describe("a session", () => {
  const day = 86_400_000;
  const user = { userId: "01990000-0000-7000-8000-00000000000a", email: "a@example.org", role: "viewer" } as const;
  const place = { userAgent: "", address: "127.0.0.1" };
  const sessionsAt = async (now: () => number) => {
    const { createSessions } = await import("../../gateway/auth/sessions.ts");
    return createSessions(redis, { now: () => new Date(now()), monotonic: () => 0 } as never, ["k".repeat(32)]);
  };

  it("has an id of 128 random bits that the cookie carries signed, and each sign-in its own", async () => {
    const sessions = await sessionsAt(() => Date.now());
    const ids = new Set<string>();
    for (let n = 0; n < 20; n++) {
      const { session, cookie } = await sessions.begin(user, place, new Date());
      expect(session.id).toMatch(/^[0-9a-f]{32}$/);
      expect(sessions.open(cookie)).toEqual({ sessionId: session.id, userId: user.userId });
      const forged = (cookie[0] === "A" ? "B" : "A") + cookie.slice(1);
      expect(sessions.open(forged)).toBeUndefined();
      ids.add(session.id);
    }
    expect(ids.size).toBe(20);
    await sessions.endAll(user.userId);
  });

  it("ends a week after it was last seen", async () => {
    let now = Date.now();
    const sessions = await sessionsAt(() => now);
    const { session } = await sessions.begin(user, place, new Date(now));
    const life = () => redis.ttl(`lc:session:${session.id}`);
    expect(Math.abs((await life()) - 7 * 86_400)).toBeLessThan(60);
    await redis.expire(`lc:session:${session.id}`, 100);
    now += 6 * 60_000;
    expect(await sessions.read(session.id)).toMatchObject({ email: user.email });
    await expect.poll(life).toBeGreaterThan(7 * 86_400 - 60);
    await redis.del(`lc:session:${session.id}`);
    expect(await sessions.read(session.id)).toBeUndefined();
  });

  it("ends thirty days after the sign-in, however busy it is, and so does its cookie", async () => {
    const begun = Date.now();
    const sessions = await sessionsAt(() => begun);
    const { session, seconds } = await sessions.begin(user, place, new Date(begun));
    expect(seconds).toBe(30 * 86_400);
    const readAfter = async (ms: number) => (await sessionsAt(() => begun + ms)).read(session.id);
    for (const days of [6, 12, 18, 24, 29.9]) expect(await readAfter(days * day)).toBeDefined();
    expect(await readAfter(30 * day + 1)).toBeUndefined();
  });
});

describe("a sign-in with one factor", () => {
  it("is over when everybody is told to have two in that moment, but for the link of the machine itself", async () => {
    await gateway.addUser("midway@example.org", "viewer");
    const { beginSession } = await import("../../gateway/accounts/login.ts");
    const { findByEmail } = await import("../../gateway/accounts/store.ts");
    const { sessionsOf } = await import("../../gateway/accounts/access-changed.ts");
    const { depsOf } = await import("../../shared/broker/deps.ts");
    const deps = depsOf(gateway.broker);
    const known = await findByEmail(deps.db, "midway@example.org");
    if (!known) throw new Error("nobody was found");
    const begin = (by: "password" | "invite" | "link") =>
      beginSession(
        { ...deps, sessions: sessionsOf(deps) },
        known,
        { userAgent: "", address: "::1", requestId: "r" },
        by,
      );
    await gateway.sql("update accounts.policy set second_factor_required = true");
    await expect(begin("password")).rejects.toThrow("changed in this moment");
    await expect(begin("invite")).rejects.toThrow("changed in this moment");
    expect(await sessionsOf(deps).list(known.id)).toEqual([]);
    expect((await begin("link")).user.email).toBe("midway@example.org");
    await gateway.sql("update accounts.policy set second_factor_required = false");
    expect((await begin("password")).user.email).toBe("midway@example.org");
  });
});

describe("access tokens", () => {
  it("have a shape that tells a typing error from a wrong token without asking the database", async () => {
    const { makeTokenText, readTokenText } = await import("../../gateway/auth/token-text.ts");
    const id = "01990000-0000-7000-8000-00000000000b";
    const { text, secretHash } = makeTokenText(id);
    expect(text).toMatch(/^lc_[0-9a-f]{32}_[0-9a-f]{48}$/);
    expect([readTokenText(text)?.id, secretHash.length]).toEqual([id, 32]);
    expect(text).not.toContain(secretHash.toString("hex"));
    for (let at = 0; at < text.length; at++) {
      const typo = text.slice(0, at) + (text[at] === "0" ? "1" : "0") + text.slice(at + 1);
      expect(readTokenText(typo)).toBeUndefined();
    }
  });

  it("end after a year unless told otherwise, and show when they were last used", async () => {
    await gateway.addUser("robot@example.org", "viewer");
    const session = await gateway.signIn("robot@example.org");
    const token = await tokenOf(session);
    const listed = async () => (await ask("GET", "/auth/tokens", undefined, session)).json.data[0];
    const before = await listed();
    expect([before.id, before.lastUsedAt]).toEqual([token.id, null]);
    expect(Math.round((Date.parse(before.expiresAt) - Date.parse(before.createdAt)) / 86_400_000)).toBe(365);
    expect(await reads(token)).toBe(200);
    const { tokenCacheOf } = await import("../../gateway/auth/token-cache.ts");
    await tokenCacheOf(gateway.broker).flush();
    expect((await listed()).lastUsedAt).toEqual(expect.any(String));
  });

  it("outlive a changed password unless asked otherwise, and never one that was reset", async () => {
    const email = "changing@example.org";
    const id = await gateway.addUser(email, "viewer");
    const session = await gateway.signIn(email);
    const change = (current: string, fresh: string, more: object = {}) =>
      ask("POST", "/auth/password", { current, password: fresh, ...more }, session);
    const [kept, other] = [await tokenOf(session), await tokenOf(session)];
    expect((await change(password, "entirely different words")).status).toBe(200);
    expect([await reads(kept), await reads(other)]).toEqual([200, 200]);
    expect((await change("entirely different words", "still other words here", { revokeTokens: true })).status).toBe(
      200,
    );
    expect([await reads(kept), await reads(other), await reads(session)]).toEqual([401, 401, 200]);

    const third = await tokenOf(session);
    const { resetPassword } = await import("../../gateway/accounts/reset-password.ts");
    const { sessionsOf } = await import("../../gateway/accounts/access-changed.ts");
    const { depsOf } = await import("../../shared/broker/deps.ts");
    const deps = depsOf(gateway.broker);
    await resetPassword(deps, sessionsOf(deps), email);
    expect([await reads(third), await reads(session)]).toEqual([401, 401]);

    await ask("POST", "/auth/password/forgot", { email });
    const { mailPasswordLink } = await import("../../gateway/accounts/forgotten-password.ts");
    const [wish] = await gateway.sql("select id from accounts.password_requests");
    await mailPasswordLink(deps, String(wish?.id));
    await gateway.sql(
      "update accounts.users set password_hash = (select password_hash from accounts.users where role = 'owner' limit 1) where id = ?",
      [id],
    );
    const fourth = await tokenOf(await gateway.signIn(email));
    expect(await reads(fourth)).toBe(200);
    const [link] = await gateway.linksTo(email);
    expect((await ask("POST", "/auth/password/reset", { token: link, password: "quite unusual words" })).status).toBe(
      200,
    );
    expect(await reads(fourth)).toBe(401);
  });
});

describe("the command `user`", () => {
  it("takes a second factor off whoever lost it, lists people, and says what it does not understand", async () => {
    const email = "stranded@example.org";
    const id = await gateway.addUser(email, "owner");
    await gateway.sql(
      "insert into accounts.second_factors (user_id, secret, last_step, recovery_salt) values (?, '', 0, '')",
      [id],
    );
    const folder = mkdtempSync(join(tmpdir(), "lc-user-"));
    const user = (...args: string[]) =>
      new Promise<{ code: number; text: string }>((resolve) =>
        execFile(
          process.execPath,
          ["gateway/accounts/user-command.ts", ...args],
          {
            env: environmentWith({
              DATABASE_URL: gateway.databaseUrl,
              REDIS_URL: gateway.redisUrl,
              LC_DATA_DIR: folder,
            }),
          },
          (error, stdout, stderr) => resolve({ code: Number(error?.code ?? 0), text: stdout + stderr }),
        ),
      );
    expect((await login(email)).json.secondFactor).toBe(true);
    expect((await user("list")).text).toContain(`${email}  owner  second factor`);
    const [off, nobody, wrong] = await Promise.all([
      user("second-factor-off", email),
      user("second-factor-off", "nobody@example.org"),
      user("second-factor-of", email),
    ]);
    expect([off.code, off.text]).toEqual([0, expect.stringContaining("signs in with the password alone now")]);
    expect([nobody.code, nobody.text.trim()]).toEqual([1, "Nobody signs in as nobody@example.org"]);
    expect([wrong.code, wrong.text]).toEqual([1, expect.stringContaining("Usage: npm run user -- reset")]);
    expect((await login(email)).json.user.email).toBe(email);
    rmSync(folder, { recursive: true, force: true });
  });
});
