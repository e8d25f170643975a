// Passwords and sessions: forgotten ones by mail, one's own, the list of browsers, and which passwords are refused.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ownerEmail, password, type ServedGateway, serveGateway } from "../helpers/gateway.ts";

let gateway: ServedGateway;
beforeAll(async () => {
  gateway = await serveGateway({
    settings: { trustedProxies: 1 },
    fakes: { "contacts.list": () => ({ data: [], nextCursor: null }) },
  });
});
afterAll(() => gateway.close());

type Headers = Readonly<Record<string, string>>;
const ask = (method: string, path: string, body?: unknown, headers: Headers = {}) =>
  gateway.ask({ method, path: `/api/v1${path}`, headers, ...(body === undefined ? {} : { body }) });
const login = (email: string, secret: string, headers: Headers = {}) =>
  ask("POST", "/auth/login", { email, password: secret }, headers);
const cookieOf = (reply: Awaited<ReturnType<typeof ask>>) => ({
  cookie: (reply.headers["set-cookie"]?.[0] ?? "").split(";")[0] ?? "",
  "x-csrf-token": String(reply.json.csrfToken),
});
const reads = async (headers: Headers) => (await ask("GET", "/contacts", undefined, headers)).status;
const forgot = (email: string, from = "203.0.113.9") =>
  ask("POST", "/auth/password/forgot", { email }, { "x-forwarded-for": from });
/** Works off what was asked for, as the event's handler does. */
const workOff = async () => {
  const { mailPasswordLink } = await import("../../gateway/accounts/forgotten-password.ts");
  const { depsOf } = await import("../../shared/broker/deps.ts");
  const events = await gateway.sql(
    "select payload->>'requestId' as id from jobs.outbox where type = 'user.password-forgotten' order by id",
  );
  for (const { id } of events) await mailPasswordLink(depsOf(gateway.broker), String(id));
};
const linksTo = (address: string) => gateway.linksTo(address);
const reset = (token: string, secret = "some other unusual words") =>
  ask("POST", "/auth/password/reset", { token, password: secret });

describe("a forgotten password", () => {
  it("is asked for alike by known and unknown people: same answer, same rows, and no look at who it is", async () => {
    const seen: string[] = [];
    for (const email of ["nobody@example.org", ownerEmail]) {
      const reply = await forgot(email);
      seen.push(`${reply.status} ${reply.text} ${Object.keys(reply.headers).sort()}`);
    }
    expect(seen[0]).toMatch(/^202 \{"ok":true\}/);
    expect(seen[1]).toBe(seen[0]);
    expect(await gateway.sql("select email from accounts.password_requests order by id")).toHaveLength(2);
    expect(await gateway.sql("select 1 from messaging.messages")).toEqual([]);
  });

  it("brings one mail to whoever has an account, however often the event comes, and none to a stranger", async () => {
    await workOff();
    await workOff();
    expect(await linksTo(ownerEmail)).toHaveLength(1);
    expect(await linksTo("nobody@example.org")).toEqual([]);
    expect(await gateway.sql("select 1 from accounts.password_requests")).toEqual([]);
    const [kept] = await gateway.sql("select l::text as all from accounts.password_links l");
    const link = (await linksTo(ownerEmail))[0]?.slice(0, 40) ?? "none";
    expect(String(kept?.all)).not.toContain(link);
    // The ledger keeps it sealed: who reads the database, or a backup of it, finds no way in.
    const ledger = await gateway.sql("select m::text as all from messaging.messages m");
    expect(ledger.map(({ all }) => String(all)).join()).not.toContain(link);
  });

  it("is replaced once by the mailed link, which ends all sessions and every other link", async () => {
    await gateway.addUser("reset@example.org", "editor");
    const before = await gateway.signIn("reset@example.org");
    await forgot("reset@example.org", "203.0.113.10");
    await forgot("RESET@example.org", "203.0.113.10");
    await workOff();
    const [first = "", second = ""] = await linksTo("reset@example.org");
    const weak = await reset(first, "password1234");
    expect([weak.status, weak.json.errors[0].path]).toEqual([422, "password"]);
    const both = await Promise.all([reset(first), reset(first)]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 410]);
    expect((await reset(second)).json.code).toBe("LINK_INVALID");
    expect(await reads(before)).toBe(401);
    expect((await login("reset@example.org", password)).status).toBe(401);
    const after = await login("reset@example.org", "some other unusual words");
    expect(await reads(cookieOf(after))).toBe(200);
  });

  it("has a link that ends after an hour, and none for a disabled person", async () => {
    const id = await gateway.addUser("old@example.org", "viewer");
    await forgot("old@example.org", "203.0.113.11");
    await workOff();
    const [link = ""] = await linksTo("old@example.org");
    const [row] = await gateway.sql(
      "select extract(epoch from expires_at - created_at)::int as life from accounts.password_links where user_id = ?",
      [id],
    );
    expect(Math.abs(Number(row?.life) - 3600)).toBeLessThan(10);
    await gateway.sql("update accounts.password_links set expires_at = now() where user_id = ?", [id]);
    expect((await reset(link)).status).toBe(410);
    expect((await reset("y".repeat(60))).status).toBe(410);
    await gateway.sql("update accounts.users set disabled_at = now() where id = ?", [id]);
    await forgot("old@example.org", "203.0.113.11");
    await workOff();
    expect(await linksTo("old@example.org")).toHaveLength(1);
  });

  it("fills nobody's mailbox: three mails in a quarter of an hour, and a stranger's address has its own limit", async () => {
    await gateway.addUser("flooded@example.org", "viewer");
    for (let n = 0; n < 6; n++) expect((await forgot("flooded@example.org", `198.51.100.${n}`)).status).toBe(202);
    await workOff();
    expect(await linksTo("flooded@example.org")).toHaveLength(3);
    const statuses: number[] = [];
    for (let n = 0; n < 21; n++) statuses.push((await forgot(`someone${n}@example.org`, "198.51.100.99")).status);
    expect(statuses.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => 202));
    expect(statuses[20]).toBe(429);
  });
});

describe("one's own password", () => {
  it("changes with the one in use, keeps this session and ends the others", async () => {
    await gateway.addUser("own@example.org", "viewer");
    const here = await gateway.signIn("own@example.org");
    const there = await gateway.signIn("own@example.org");
    const change = (current: string, fresh: string, headers: Headers = here) =>
      ask("POST", "/auth/password", { current, password: fresh }, headers);
    const wrong = await change("not the password", "entirely different words");
    expect([wrong.status, wrong.json.errors[0].path]).toEqual([422, "current"]);
    expect((await change(password, "too short")).json.errors[0].path).toBe("password");
    expect((await change(password, "entirely different words")).status).toBe(200);
    expect([await reads(here), await reads(there)]).toEqual([200, 401]);
    expect((await login("own@example.org", password)).status).toBe(401);
    expect((await login("own@example.org", "entirely different words")).status).toBe(200);
    const token = await gateway.token("read");
    const byToken = await change(password, "entirely different words", { authorization: token.authorization });
    expect(byToken.json.code).toBe("SESSION_REQUIRED");
  });

  it("cannot be guessed with a stolen session either", async () => {
    await gateway.addUser("stolen@example.org", "viewer");
    const session = await gateway.signIn("stolen@example.org");
    const statuses: number[] = [];
    for (let n = 0; n < 12; n++)
      statuses.push(
        (
          await ask(
            "POST",
            "/auth/password",
            { current: `guess number ${n}`, password: "quite unusual words" },
            session,
          )
        ).status,
      );
    expect(statuses.at(-1)).toBe(429);
  });
});

describe("sessions", () => {
  const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
  it("are listed with browser and place, and ended one by one or all but this one", async () => {
    await gateway.addUser("sessions@example.org", "viewer");
    const enter = async (agent: string, from: string) =>
      cookieOf(await login("sessions@example.org", password, { "user-agent": agent, "x-forwarded-for": from }));
    const here = await enter(firefox, "203.0.113.1");
    const phone = await enter("Mozilla/5.0 (iPhone) Version/18.0 Mobile Safari/604.1", "203.0.113.2");
    const third = await enter("curl/8.0", "203.0.113.3");
    const { json } = await ask("GET", "/auth/sessions", undefined, here);
    const found = json.data.find(({ current }: { current: boolean }) => current);
    expect(found).toMatchObject({ device: "Firefox on Linux", address: "203.0.113.1" });
    expect(json.data.map(({ device }: { device: string }) => device).sort()).toEqual([
      "Firefox on Linux",
      "Safari on iPhone",
      "curl",
    ]);
    const cookieText = Buffer.from(here.cookie.split("=")[1] ?? "", "base64url").toString("hex");
    expect(cookieText).not.toContain(found.id);

    const other = json.data.find(({ device }: { device: string }) => device === "Safari on iPhone");
    expect((await ask("DELETE", `/auth/sessions/${other.id}`, undefined, here)).status).toBe(204);
    expect([await reads(here), await reads(phone), await reads(third)]).toEqual([200, 401, 200]);
    expect((await ask("DELETE", `/auth/sessions/${other.id}`, undefined, here)).json.code).toBe("SESSION_NOT_FOUND");
    await gateway.addUser("stranger@example.org", "viewer");
    const stranger = await gateway.signIn("stranger@example.org");
    expect((await ask("DELETE", `/auth/sessions/${found.id}`, undefined, stranger)).status).toBe(404);
    expect((await ask("DELETE", "/auth/sessions", undefined, here)).status).toBe(204);
    expect([await reads(here), await reads(third)]).toEqual([200, 401]);
  });
});
