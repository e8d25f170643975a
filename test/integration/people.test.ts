// People: invites, roles, the last owner, and what ends at once when somebody may do less.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ownerEmail, password, type ServedGateway, serveGateway } from "../helpers/gateway.ts";

let gateway: ServedGateway;
let owner: { cookie: string; "x-csrf-token": string };
const list = () => ({ data: [], nextCursor: null });

beforeAll(async () => {
  gateway = await serveGateway({ fakes: { "contacts.list": list } });
  owner = await gateway.signIn();
});
afterAll(() => gateway.close());

type Headers = Readonly<Record<string, string>>;
const ask = (method: string, path: string, body?: unknown, headers: Headers = owner) =>
  gateway.ask({ method, path: `/api/v1${path}`, headers, ...(body === undefined ? {} : { body }) });
const invite = (email: string, role = "editor", headers: Headers = owner) =>
  ask("POST", "/users/invite", { email, role, name: "New Person" }, headers);
/** The token of the last link that was mailed to an address. */
const mailed = async (address: string): Promise<string> => (await gateway.linksTo(address)).at(-1) ?? "";
const accept = (token: string, secret = "four unusual words here", name = "Grace") =>
  ask("POST", "/auth/invite/accept", { token, name, password: secret }, {});
const reads = async (headers: Headers) => (await ask("GET", "/contacts", undefined, headers)).status;

describe("an invite", () => {
  it("goes out through the ledger, shows whom it is for, and lets that person in once", async () => {
    const sent = await invite("Grace@Example.org");
    expect([sent.status, sent.json.email, sent.json.role]).toEqual([201, "grace@example.org", "editor"]);
    const hours = (Date.parse(sent.json.expiresAt) - Date.parse(sent.json.sentAt)) / 3_600_000;
    expect(hours).toBe(72);
    const [message] = await gateway.sql(
      `select m.source, m.state, c.subject, m.vars->>'inviter' as inviter,
         (select count(*)::int from jobs.jobs where type = 'email.send-batch') as jobs
       from messaging.messages m join messaging.contents c on c.id = m.content_id where m.address = 'grace@example.org'`,
    );
    expect(message).toMatchObject({ source: "transactional", state: "queued", inviter: ownerEmail, jobs: 1 });
    const token = await mailed("grace@example.org");
    const [kept] = await gateway.sql("select i::text as all from accounts.invites i");
    expect(String(kept?.all)).not.toContain(token.slice(0, 40));

    const shown = await ask("POST", "/auth/invite/show", { token }, {});
    expect(shown.json).toEqual({ email: "grace@example.org", name: "New Person", role: "editor" });
    expect((await ask("GET", "/users/invites")).json.data).toHaveLength(1);
    const joined = await accept(token);
    expect([joined.status, joined.json.user.role, joined.json.user.name]).toEqual([200, "editor", "Grace"]);
    const cookie = (joined.headers["set-cookie"]?.[0] ?? "").split(";")[0] ?? "";
    expect(await reads({ cookie })).toBe(200);
    expect((await ask("GET", "/users", undefined, { cookie })).status).toBe(403);
    const again = await accept(token);
    expect([again.status, again.json.code]).toEqual([410, "LINK_INVALID"]);
    expect((await ask("GET", "/users/invites")).json.data).toEqual([]);
  });

  it("asks for the password an hour after the sign-in, as does all that gives somebody more, but not with a token", async () => {
    const { Redis } = await import("ioredis");
    const redis = new Redis(gateway.redisUrl);
    const id = await gateway.addUser("raised@example.org", "viewer");
    const token = await gateway.token("admin");
    await redis.del(...(await redis.keys("lc:session:*:proof")));
    redis.disconnect();
    const change = (body: object, headers: Headers = owner) => ask("PATCH", `/users/${id}`, body, headers);
    const said = ({ status, json }: Awaited<ReturnType<typeof ask>>) => [status, json.code];
    expect(said(await invite("late@example.org"))).toEqual([403, "PROOF_NEEDED"]);
    expect(said(await change({ role: "owner" }))).toEqual([403, "PROOF_NEEDED"]);
    // A name gives nothing, and whoever must be shut out is shut out at once.
    expect((await change({ name: "Raised", role: "viewer" })).status).toBe(200);
    expect((await change({ disabled: true })).status).toBe(200);
    expect(said(await change({ disabled: false }))).toEqual([403, "PROOF_NEEDED"]);
    expect((await change({ disabled: false }, token)).status).toBe(200);
    expect((await ask("POST", "/auth/proof", { password })).status).toBe(200);
    expect((await change({ role: "agent" })).json.role).toBe("agent");
  });

  it("is refused for somebody who is here or invited already, and for what is no address", async () => {
    expect((await invite(ownerEmail.toUpperCase())).json.code).toBe("USER_EXISTS");
    expect((await invite("twice@example.org")).status).toBe(201);
    expect((await invite("twice@example.org")).json.code).toBe("INVITE_PENDING");
    const wrong = await invite("no address");
    expect([wrong.status, wrong.json.errors[0].path]).toEqual([422, "email"]);
    const both = await Promise.all([invite("race@example.org"), invite("race@example.org")]);
    expect(both.map(({ status }) => status).sort()).toEqual([201, 409]);
  });

  it("is refused, and not kept, for an address that no mail reaches", async () => {
    await gateway.sql(
      "insert into consent.suppressions (id, channel, address, reason) values ('01990000-0000-7000-8000-0000000000aa', 'email', 'gone@example.org', 'hard_bounce')",
    );
    const refused = await invite("gone@example.org");
    expect([refused.status, refused.json.errors[0].path]).toEqual([422, "email"]);
    expect(await gateway.sql("select 1 from accounts.invites where email = 'gone@example.org'")).toEqual([]);
  });

  it("has one living link: sending again or revoking ends the one before", async () => {
    const { json } = await invite("links@example.org");
    const first = await mailed("links@example.org");
    expect((await ask("POST", `/users/invites/${json.id}/resend`, {})).status).toBe(200);
    const second = await mailed("links@example.org");
    expect(second).not.toBe(first);
    expect((await accept(first)).json.code).toBe("LINK_INVALID");
    expect((await ask("DELETE", `/users/invites/${json.id}`)).status).toBe(204);
    expect((await accept(second)).json.code).toBe("LINK_INVALID");
    expect((await ask("DELETE", `/users/invites/${json.id}`)).json.code).toBe("INVITE_NOT_FOUND");
  });

  it("ends by itself, cannot be made up, and makes room for a new one", async () => {
    await invite("late@example.org");
    const token = await mailed("late@example.org");
    await gateway.sql("update accounts.invites set expires_at = now() where email = 'late@example.org'");
    expect((await accept(token)).json.code).toBe("LINK_INVALID");
    expect((await accept(`${token.slice(0, -1)}${token.endsWith("A") ? "B" : "A"}`)).status).toBe(410);
    expect((await accept("x".repeat(60))).status).toBe(410);
    expect((await invite("late@example.org")).status).toBe(201);
  });

  it("keeps working after a bad password was refused in words, and lets one of two clicks in", async () => {
    await invite("choosy@example.org");
    const token = await mailed("choosy@example.org");
    for (const bad of ["short", "Password123!", "qwertyuiop12", "1234567890", "aaaaaaaaaaaa", "choosy@example.org"]) {
      const refused = await accept(token, bad);
      expect([refused.status, refused.json.errors?.[0].path, bad]).toEqual([422, "password", bad]);
    }
    const both = await Promise.all([accept(token), accept(token)]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 410]);
  });
});

describe("a link by mail", () => {
  it("is refused in words where it would not arrive or not work", async () => {
    const { demandMail } = await import("../../gateway/accounts/account-mail.ts");
    const { depsOf } = await import("../../shared/broker/deps.ts");
    const { db } = depsOf(gateway.broker);
    const live = {
      production: true,
      emailProvider: "smtp",
      publicUrl: "https://x.example",
      webUrl: undefined,
    } as const;
    await expect(demandMail(db, { ...live, emailProvider: "sandbox" })).rejects.toMatchObject({
      type: "PROVIDER_MISSING",
    });
    await expect(demandMail(db, live)).rejects.toMatchObject({ type: "SENDER_INCOMPLETE" });
    await gateway.sql("update messaging.sender_accounts set is_placeholder = false");
    await expect(demandMail(db, { ...live, publicUrl: "http://localhost:3000" })).rejects.toMatchObject({
      type: "PUBLIC_URL_NOT_REACHABLE",
    });
    await expect(demandMail(db, live)).resolves.toBeUndefined();
  });
});

describe("a change of what somebody may do", () => {
  const person = async (email: string, role: "manager" | "viewer" = "manager") => {
    const id = await gateway.addUser(email, role);
    const session = await gateway.signIn(email);
    const made = await ask("POST", "/auth/tokens", { name: "t", abilities: ["read"] }, session);
    return { id, session, bearer: { authorization: `Bearer ${made.json.token}` } };
  };

  it("ends sessions and is what their tokens go by from the next request on", async () => {
    const { id, session } = await person("demoted@example.org");
    const made = await ask("POST", "/auth/tokens", { name: "w", abilities: ["read", "write"] }, session);
    const bearer = { authorization: `Bearer ${made.json.token}` };
    expect((await ask("GET", "/auth/me", undefined, bearer)).json.abilities).toEqual(["read", "write"]);
    const changed = await ask("PATCH", `/users/${id}`, { role: "viewer", name: "Del" });
    expect(changed.json).toMatchObject({ role: "viewer", name: "Del", disabledAt: null });
    expect(await reads(session)).toBe(401);
    expect((await ask("GET", "/auth/me", undefined, bearer)).json.abilities).toEqual(["read"]);
    const renamed = await gateway.signIn("demoted@example.org");
    expect((await ask("PATCH", "/auth/me", { name: " Own Name " }, renamed)).json.name).toBe("Own Name");
    expect((await ask("PATCH", "/auth/me", { name: "x" }, bearer)).json.code).toBe("SESSION_REQUIRED");
    expect((await ask("PATCH", `/users/${id}`, { name: null })).json.name).toBeNull();
    expect(await reads(renamed)).toBe(200);
  });

  it("by disabling shuts every door at once, and enabling opens the sign-in alone", async () => {
    const { id, session, bearer } = await person("disabled@example.org");
    expect([await reads(session), await reads(bearer)]).toEqual([200, 200]);
    expect((await ask("PATCH", `/users/${id}`, { disabled: true })).status).toBe(200);
    expect([await reads(session), await reads(bearer)]).toEqual([401, 401]);
    await expect(gateway.signIn("disabled@example.org")).rejects.toThrow("CREDENTIALS_WRONG");
    expect((await ask("PATCH", `/users/${id}`, { disabled: false })).json.disabledAt).toBeNull();
    expect(await reads(await gateway.signIn("disabled@example.org"))).toBe(200);
    expect(await reads(bearer)).toBe(401);
  });

  it("by deleting leaves nothing that opens, and a second time finds nobody", async () => {
    const { id, session, bearer } = await person("deleted@example.org");
    expect(await reads(bearer)).toBe(200);
    expect((await ask("DELETE", `/users/${id}`)).status).toBe(204);
    expect([await reads(session), await reads(bearer)]).toEqual([401, 401]);
    expect((await ask("DELETE", `/users/${id}`)).json.code).toBe("USER_NOT_FOUND");
    expect((await ask("PATCH", `/users/${id}`, { name: "x" })).json.code).toBe("USER_NOT_FOUND");
  });

  it("ends a sign-in that was under way while it happened", async () => {
    const { beginSession } = await import("../../gateway/accounts/login.ts");
    const { findByEmail } = await import("../../gateway/accounts/store.ts");
    const { sessionsOf } = await import("../../gateway/accounts/access-changed.ts");
    const { depsOf } = await import("../../shared/broker/deps.ts");
    const deps = depsOf(gateway.broker);
    const { id } = await person("race-in@example.org");
    const known = await findByEmail(deps.db, "race-in@example.org");
    await ask("PATCH", `/users/${id}`, { role: "viewer" });
    const sessions = sessionsOf(deps);
    const origin = { userAgent: "", address: "127.0.0.1", requestId: "r" };
    await expect(
      beginSession({ ...deps, sessions }, known as NonNullable<typeof known>, origin, "password"),
    ).rejects.toThrow("changed in this moment");
    expect(await sessions.list(id)).toEqual([]);
  });

  it("ends sessions of a replica whose clock is ahead, and none that begin after it where a clock is behind", async () => {
    const { beginSession } = await import("../../gateway/accounts/login.ts");
    const { findByEmail } = await import("../../gateway/accounts/store.ts");
    const { sessionsOf } = await import("../../gateway/accounts/access-changed.ts");
    const { depsOf } = await import("../../shared/broker/deps.ts");
    const deps = depsOf(gateway.broker);
    const { id } = await person("skewed@example.org");
    /** Signs in at a replica whose clock is off by so many milliseconds. */
    const signInAt = async (offMs: number) => {
      const replica = { ...deps, clock: { ...deps.clock, now: () => new Date(Date.now() + offMs) } };
      const known = await findByEmail(deps.db, "skewed@example.org");
      const origin = { userAgent: "", address: "127.0.0.1", requestId: "r" };
      await beginSession(
        { ...replica, sessions: sessionsOf(replica) },
        known as NonNullable<typeof known>,
        origin,
        "password",
      );
    };
    await signInAt(5 * 60_000);
    expect((await ask("PATCH", `/users/${id}`, { role: "viewer" })).status).toBe(200);
    expect(await sessionsOf(deps).list(id)).toEqual([]);
    await signInAt(-5 * 60_000);
    const [told] = await gateway.sql("select payload from jobs.outbox where payload ->> 'userId' = ? order by id", [
      id,
    ]);
    const { endOldSessions } = await import("../../gateway/accounts/access-changed.ts");
    await endOldSessions(deps, told?.payload as never);
    expect(await sessionsOf(deps).list(id)).toHaveLength(1);
  });

  it("holds for a sign-in that comes while the change is not yet in force, and for one that overtakes it", async () => {
    const { id } = await person("overtaken@example.org");
    const { depsOf } = await import("../../shared/broker/deps.ts");
    const { db } = depsOf(gateway.broker);
    /** Resolves when so many statements wait for a lock of somebody else. */
    const blocked = "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    const waiting = (count: number) => expect.poll(async () => (await gateway.sql(blocked)).length).toBe(count);
    const login = (email: string) => ask("POST", "/auth/login", { email, password }, {});
    const lists = async () => {
      const { sessionsOf } = await import("../../gateway/accounts/access-changed.ts");
      return (await sessionsOf(depsOf(gateway.broker)).list(id)).length;
    };

    const slow = await db.transaction();
    await slow.raw("update accounts.users set role = 'viewer' where id = ?", [id]);
    const during = login("overtaken@example.org");
    await waiting(1);
    await slow.commit();
    expect([(await during).status, (await during).json.code]).toEqual([401, "NOT_SIGNED_IN"]);

    // The change waits for the owners' rows while the person signs in with the role of before.
    const held = await db.transaction();
    await held.raw("select 1 from accounts.users where role = 'owner' for update");
    const change = ask("PATCH", `/users/${id}`, { role: "agent" });
    await waiting(1);
    const before = await lists();
    expect((await login("overtaken@example.org")).json.user.role).toBe("viewer");
    expect(await lists()).toBe(before + 1);
    await held.commit();
    expect((await change).json.role).toBe("agent");
    expect(await lists()).toBe(0);
  });

  it("is told by an event that ends older sessions only, also when Redis was away at that moment", async () => {
    const { endOldSessions } = await import("../../gateway/accounts/access-changed.ts");
    const { depsOf } = await import("../../shared/broker/deps.ts");
    const { id, session } = await person("event@example.org");
    const [told] = await gateway.sql(
      "select payload from jobs.outbox where type = 'user.access-changed' order by id desc limit 1",
    );
    expect(told?.payload).toMatchObject({ userId: expect.any(String), at: expect.any(String) });
    const at = new Date();
    const later = await gateway.signIn("event@example.org");
    await endOldSessions(depsOf(gateway.broker), { userId: id, at: at.toISOString() });
    expect([await reads(session), await reads(later)]).toEqual([401, 200]);
  });
});

describe("the last owner", () => {
  it("cannot be demoted, disabled or deleted, also not by two owners at once", async () => {
    const me = (await ask("GET", "/auth/me")).json.user.id;
    for (const [method, body] of [
      ["PATCH", { role: "manager" }],
      ["PATCH", { disabled: true }],
      ["DELETE", undefined],
    ] as const) {
      const refused = await ask(method, `/users/${me}`, body);
      expect([refused.status, refused.json.code]).toEqual([409, "USER_LAST_OWNER"]);
    }
    expect((await ask("PATCH", `/users/${me}`, { name: "First", role: "owner", disabled: false })).status).toBe(200);
    // Below the guard: there the second request may already come from somebody who is no owner any more.
    const { changeMember, removeMember } = await import("../../gateway/accounts/members.ts");
    const { depsOf } = await import("../../shared/broker/deps.ts");
    const deps = depsOf(gateway.broker);
    for (let round = 0; round < 10; round++) {
      const other = await gateway.addUser(`owner${round}@example.org`, "owner");
      const ended = await Promise.allSettled([
        changeMember(deps, {}, { id: me, role: "manager" }),
        removeMember(deps, {}, other),
      ]);
      const refused = ended.flatMap((one) => (one.status === "rejected" ? [one.reason.type] : []));
      expect(refused).toEqual(["USER_LAST_OWNER"]);
      await gateway.sql("update accounts.users set role = 'owner' where id = ?", [me]);
      await gateway.sql("delete from accounts.users where id = ?", [other]);
    }
  });
});
