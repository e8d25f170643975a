// Who is who: sessions, cookies, CSRF and access tokens. Which route is open to whom: who-may-do-what.test.ts.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Fake, ownerEmail, password, type ServedGateway, serveGateway } from "../helpers/gateway.ts";

const id = "01990000-0000-7000-8000-000000000001";
let gateway: ServedGateway;
const list: Fake = () => ({ data: [], nextCursor: null });

beforeAll(async () => {
  gateway = await serveGateway({
    settings: { trustedProxies: 1, origins: new Set(["https://app.example.org"]) },
    fakes: {
      "contacts.list": list,
      "contacts.create": (params) => ({ id, ...params }),
      "campaigns.launch": () => ({ id, status: "running" }),
    },
  });
});
afterAll(() => gateway.close());

const login = (headers: Record<string, string> = {}, body: unknown = { email: ownerEmail, password }) =>
  gateway.ask({ method: "POST", path: "/api/v1/auth/login", headers, body });
const read = (headers: Record<string, string>) => gateway.ask({ path: "/api/v1/contacts", headers });
const write = (headers: Record<string, string>) =>
  gateway.ask({ method: "POST", path: "/api/v1/contacts", headers, body: { email: "a@example.org" } });
const launch = (headers: Record<string, string>) =>
  gateway.ask({ method: "POST", path: `/api/v1/campaigns/${id}/launch`, headers });

describe("signing in", () => {
  it("answers the user and a CSRF token, and sets a cookie that scripts cannot read", async () => {
    const reply = await login();
    expect(reply.status).toBe(200);
    expect(reply.json).toMatchObject({
      user: { email: ownerEmail, role: "owner" },
      csrfToken: expect.stringMatching(/^[\w-]{20,}$/),
    });
    const cookie = reply.headers["set-cookie"]?.[0] ?? "";
    expect(cookie).toMatch(
      new RegExp(`^lc_session_${gateway.port}=[\\w-]+; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax$`),
    );
  });

  it("over TLS sets a __Host- cookie with Secure, over plain http to another machine none at all", async () => {
    const tls = await login({ host: "learn.example.org", "x-forwarded-proto": "https" });
    expect(tls.headers["set-cookie"]?.[0]).toMatch(
      /^__Host-lc_session=[\w-]+; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Lax; Secure$/,
    );
    expect(tls.headers["strict-transport-security"]).toContain("max-age=31536000");
    const plain = await login({ host: "learn.example.org" });
    expect([plain.status, plain.json.code, plain.headers["set-cookie"]]).toEqual([403, "HTTPS_REQUIRED", undefined]);
    expect(plain.json.detail).toContain("https");
    // A session of loopback does not open anything under another name.
    const { cookie } = await gateway.signIn();
    expect((await read({ cookie, host: "learn.example.org" })).status).toBe(401);
    expect((await read({ cookie: cookie.replace(/^[^=]+/, "__Host-lc_session") })).status).toBe(401);
  });

  it("answers alike for a wrong password and for an unknown person", async () => {
    const wrong = await login(
      { "x-forwarded-for": "198.51.100.1" },
      { email: ownerEmail, password: "not the password" },
    );
    const unknown = await login({ "x-forwarded-for": "198.51.100.1" }, { email: "nobody@example.org", password });
    const { requestId: _a, ...first } = wrong.json;
    const { requestId: _b, ...second } = unknown.json;
    expect(first).toMatchObject({ status: 401, code: "CREDENTIALS_WRONG" });
    expect(second).toEqual(first);
    expect((await login({}, { email: ownerEmail, password, role: "owner" })).status).toBe(422);
  });

  it("changes the session's id at every sign-in and ends the old one", async () => {
    const before = await gateway.signIn();
    const again = await login({ cookie: before.cookie });
    const after = (again.headers["set-cookie"]?.[0] ?? "").split(";")[0] ?? "";
    expect(after).not.toBe(before.cookie);
    expect((await read({ cookie: before.cookie })).status).toBe(401);
    expect((await read({ cookie: after })).status).toBe(200);
  });

  it("tells who is signed in, and ends at sign-out", async () => {
    const session = await gateway.signIn();
    const me = await gateway.ask({ path: "/api/v1/auth/me", headers: session });
    expect(me.json).toMatchObject({
      user: { email: ownerEmail },
      abilities: ["read", "write", "send", "admin"],
      csrfToken: session["x-csrf-token"],
      sandbox: true,
    });
    const out = await gateway.ask({ method: "POST", path: "/api/v1/auth/logout", headers: session, body: {} });
    expect([out.status, out.json]).toEqual([200, { ok: true }]);
    expect(out.headers["set-cookie"]?.[0]).toContain("Max-Age=0");
    expect((await gateway.ask({ path: "/api/v1/auth/me", headers: session })).status).toBe(401);
  });

  it("ignores a cookie that was made up or changed", async () => {
    const { cookie } = await gateway.signIn();
    const forged = cookie.slice(0, -1) + (cookie.endsWith("A") ? "B" : "A");
    expect((await read({ cookie: forged })).status).toBe(401);
    expect((await read({ cookie: `lc_session_${gateway.port}=${"A".repeat(59)}` })).status).toBe(401);
  });
});

describe("writes with a cookie", () => {
  it("need the session's CSRF token", async () => {
    const session = await gateway.signIn();
    const other = await gateway.signIn();
    expect((await write(session)).status).toBe(201);
    for (const headers of [
      { cookie: session.cookie },
      { cookie: session.cookie, "x-csrf-token": other["x-csrf-token"] },
      { cookie: session.cookie, "x-csrf-token": "" },
    ]) {
      const reply = await write(headers);
      expect([reply.status, reply.json.code]).toEqual([403, "CSRF_FAILED"]);
    }
    expect((await read({ cookie: session.cookie })).status).toBe(200);
  });

  it("are refused when the browser says that a foreign page made them", async () => {
    const session = await gateway.signIn();
    const own = `http://127.0.0.1:${gateway.port}`;
    for (const headers of [{ origin: own }, { origin: "https://app.example.org" }, { "sec-fetch-site": "same-origin" }])
      expect((await write({ ...session, ...headers })).status).toBe(201);
    for (const headers of [
      { origin: "https://evil.example" },
      { origin: "null" },
      { origin: `${own}0` },
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
    ])
      expect((await write({ ...session, ...headers } as Record<string, string>)).status).toBe(403);
    expect((await login({ origin: "https://evil.example" })).status).toBe(403);
  });
});

describe("access tokens", () => {
  it("carry their abilities and nothing more", async () => {
    const reader = await gateway.token("read");
    expect((await read(reader)).status).toBe(200);
    const refused = await write(reader);
    expect([refused.status, refused.json.code]).toEqual([403, "ABILITY_MISSING"]);
    const writer = await gateway.token("read", "write");
    expect([(await write(writer)).status, (await launch(writer)).status]).toEqual([201, 403]);
    expect((await launch(await gateway.token("send"))).status).toBe(202);
  });

  it("need no CSRF token, whatever cookie comes along", async () => {
    const writer = await gateway.token("write");
    const { cookie } = await gateway.signIn();
    expect((await write({ ...writer, cookie })).status).toBe(201);
  });

  it("never exceed the person or token that makes them", async () => {
    await gateway.addUser("viewer@example.org", "viewer");
    const viewer = await gateway.signIn("viewer@example.org");
    const make = (headers: Record<string, string>, body: object) =>
      gateway.ask({ method: "POST", path: "/api/v1/auth/tokens", headers, body: { name: "t", ...body } });
    expect((await make(viewer, { abilities: ["read", "write"] })).status).toBe(403);
    expect((await make(viewer, { abilities: ["read"] })).status).toBe(201);
    const short = await make(await gateway.signIn(), { abilities: ["read"], expiresInDays: 2 });
    const parent = { authorization: `Bearer ${short.json.token}` };
    expect((await make(parent, { abilities: ["write"] })).status).toBe(403);
    const child = await make(parent, { abilities: ["read"], expiresInDays: 3650 });
    const [row] = await gateway.sql(
      "select expires_at < now() + interval '3 days' as capped from accounts.access_tokens where id = ?",
      [child.json.id],
    );
    expect(row?.capped).toBe(true);
    await gateway.ask({
      method: "DELETE",
      path: `/api/v1/auth/tokens/${short.json.id}`,
      headers: await gateway.signIn(),
    });
    expect((await read({ authorization: `Bearer ${child.json.token}` })).status).toBe(401);
  });

  it("lose what their person loses", async () => {
    const userId = await gateway.addUser("manager@example.org", "manager");
    const session = await gateway.signIn("manager@example.org");
    const made = await gateway.ask({
      method: "POST",
      path: "/api/v1/auth/tokens",
      headers: session,
      body: { name: "t", abilities: ["read", "write"] },
    });
    await gateway.sql("update accounts.users set role = 'viewer' where id = ?", [userId]);
    const bearer = { authorization: `Bearer ${made.json.token}` };
    expect([(await read(bearer)).status, (await write(bearer)).status]).toEqual([200, 403]);
  });

  it("are revoked at once, listed without their secret, and kept as a hash", async () => {
    const token = await gateway.token("read");
    expect((await read(token)).status).toBe(200);
    const session = await gateway.signIn();
    const listed = await gateway.ask({ path: "/api/v1/auth/tokens?limit=1", headers: session });
    expect(listed.json.data[0]).toMatchObject({ id: token.id, name: "test", abilities: ["read"] });
    expect(listed.json.nextCursor).toEqual(expect.any(String));
    const next = await gateway.ask({
      path: `/api/v1/auth/tokens?limit=1&cursor=${listed.json.nextCursor}`,
      headers: session,
    });
    expect(next.json.data[0].id).not.toBe(token.id);
    const [row] = await gateway.sql("select t::text as all from accounts.access_tokens t where id = ?", [token.id]);
    expect(String(row?.all)).not.toContain(token.authorization.slice(-49, -8));
    const revoke = () => gateway.ask({ method: "DELETE", path: `/api/v1/auth/tokens/${token.id}`, headers: session });
    expect((await revoke()).status).toBe(204);
    const after = await read(token);
    expect([after.status, after.json.code, after.headers["www-authenticate"]]).toEqual([
      401,
      "TOKEN_INVALID",
      "Bearer",
    ]);
    expect((await revoke()).json.code).toBe("ACCESS_TOKEN_NOT_FOUND");
  });

  it("are refused when they are wrong, of another person, or expired", async () => {
    const token = await gateway.token("read");
    const text = token.authorization;
    for (const authorization of [
      "Bearer",
      "Bearer x",
      "Basic abc",
      `${text}0`,
      text.slice(0, -1),
      text.replace(/.$/, (last) => (last === "0" ? "1" : "0")),
    ])
      expect([(await read({ authorization })).status, authorization]).toEqual([401, authorization]);
    await gateway.addUser("agent@example.org", "agent");
    const stranger = await gateway.signIn("agent@example.org");
    expect(
      (await gateway.ask({ method: "DELETE", path: `/api/v1/auth/tokens/${token.id}`, headers: stranger })).status,
    ).toBe(404);
    await gateway.sql("update accounts.access_tokens set expires_at = now() - interval '1 second' where id = ?", [
      token.id,
    ]);
    expect((await read(token)).status).toBe(401);
  });
});

describe("the first owner", () => {
  it("is made once, however many processes start at once", async () => {
    // Serving reads every module anew: what is imported afterwards is what it runs on.
    const other = await serveGateway({ fakes: {} });
    const { makeFirstOwner } = await import("../../gateway/accounts/first-owner.ts");
    const { depsOf } = await import("../../shared/broker/deps.ts");
    const deps = depsOf(other.broker);
    await other.sql("delete from accounts.users");
    const made = await Promise.all(
      Array.from({ length: 4 }, () => makeFirstOwner(deps, { email: "first@example.org", password: undefined })),
    );
    const owners = made.filter((owner) => owner !== undefined);
    expect(owners).toHaveLength(1);
    expect(owners[0]?.password).toMatch(/^(\w{5}-){3}\w{5}$/);
    await other.close();
  });
});
