// The second factor: switched on, asked for at every sign-in, each code once, recovered from, and demanded of everybody.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { codeOf } from "../helpers/authenticator.ts";
import { ownerEmail, password, type Reply, type ServedGateway, serveGateway } from "../helpers/gateway.ts";
import { headersOf, said, secondFactorKit } from "../helpers/second-factor.ts";

let gateway: ServedGateway;
beforeAll(async () => {
  gateway = await serveGateway({
    settings: { trustedProxies: 1, signInLink: true },
    fakes: { "contacts.list": () => ({ data: [], nextCursor: null }) },
  });
});
afterAll(() => gateway.close());

type Headers = Readonly<Record<string, string>>;
let from = 0;
/** Each test asks from an address of its own: tries are counted by address. */
beforeEach(() => {
  from++;
});
const kit = secondFactorKit(
  () => gateway,
  () => `203.0.113.${from}`,
);
const { ask, post, login, later, person, challengeOf, reads, noticesTo, events, withFactor } = kit;

describe("switching it on", () => {
  it("takes a code of the app, shows ten recovery codes once, ends other sessions, and mails a notice", async () => {
    const { id, email } = await person("ada");
    const [session, elsewhere] = [await gateway.signIn(email), await gateway.signIn(email)];
    const begun = await post("/auth/second-factor/setup", {}, session);
    const { secret, uri } = begun.json;
    expect(secret).toMatch(/^[A-Z2-7]{32}$/);
    expect(uri).toBe(
      `otpauth://totp/Learning%20Center:${encodeURIComponent(email)}?issuer=Learning%20Center&secret=${secret}&algorithm=SHA1&digits=6&period=30`,
    );
    expect((await post("/auth/second-factor/setup", {}, session)).json.secret).toBe(secret);
    // A secret that another session was shown cannot be confirmed by this one.
    const foreign = await post("/auth/second-factor/setup", {}, elsewhere);
    expect(foreign.json.secret).not.toBe(secret);
    for (const code of ["000000", "12345", "abcdef", "", codeOf(foreign.json.secret)]) {
      const wrong = await post("/auth/second-factor/confirm", { code }, session);
      expect([wrong.status, wrong.json.errors[0].path]).toEqual([422, "code"]);
    }
    const code = codeOf(secret);
    const on = await post("/auth/second-factor/confirm", { code: `${code.slice(0, 3)} ${code.slice(3)}` }, session);
    expect([on.status, new Set(on.json.recoveryCodes).size]).toEqual([200, 10]);
    for (const one of on.json.recoveryCodes) expect(one).toMatch(/^[a-hj-km-np-z2-9]{5}-[a-hj-km-np-z2-9]{5}$/);
    expect([await reads(session), await reads(elsewhere)]).toEqual([200, 401]);
    const shown = await ask("GET", "/auth/second-factor", undefined, session);
    expect(shown.json).toEqual({ on: true, since: expect.any(String), recoveryCodesLeft: 10, required: false });
    expect(said(await post("/auth/second-factor/setup", {}, session))).toEqual([409, "SECOND_FACTOR_ON"]);
    expect([await events(id), await noticesTo(email)]).toEqual([
      ["user.signed-in", "user.signed-in", "user.second-factor-on"],
      1,
    ]);
    const [row] = await gateway.sql(
      "select f::text || (select string_agg(c::text, ' ') from accounts.recovery_codes c) as kept from accounts.second_factors f where user_id = ?",
      [id],
    );
    const { Secret } = await import("otpauth");
    expect(String(row?.kept)).not.toContain(Secret.fromBase32(secret).hex.toLowerCase());
    for (const one of on.json.recoveryCodes)
      expect(String(row?.kept)).not.toContain(Buffer.from(one.replace("-", "")).toString("hex"));
  });

  it("is refused to access tokens and to a session whose proof is old", async () => {
    const { authorization } = await gateway.token("admin", "read", "write", "send");
    expect(said(await post("/auth/second-factor/setup", {}, { authorization }))).toEqual([403, "SESSION_REQUIRED"]);
    expect(said(await post("/auth/proof", { password }, { authorization }))).toEqual([403, "SESSION_REQUIRED"]);
    const { email } = await person("idle");
    const session = await gateway.signIn(email);
    const { Redis } = await import("ioredis");
    const redis = new Redis(gateway.redisUrl);
    const proofs = await redis.keys("lc:session:*:proof");
    expect(Math.max(...(await Promise.all(proofs.map((key) => redis.ttl(key)))))).toBeLessThanOrEqual(3600);
    await redis.del(...proofs);
    redis.disconnect();
    const makeToken = () => post("/auth/tokens", { name: "t", abilities: ["read"] }, session);
    expect(said(await post("/auth/second-factor/setup", {}, session))).toEqual([403, "PROOF_NEEDED"]);
    expect(said(await makeToken())).toEqual([403, "PROOF_NEEDED"]);
    expect(await reads(session)).toBe(200);
    const wrong = await post("/auth/proof", { password: "not the password" }, session);
    expect([wrong.status, wrong.json.errors[0].path]).toEqual([422, "password"]);
    expect((await post("/auth/proof", { password }, session)).status).toBe(200);
    const made = await makeToken();
    expect(made.status).toBe(201);
    // A token goes on making tokens: a program cannot be asked for a password.
    const bearer = { authorization: `Bearer ${made.json.token}` };
    expect((await post("/auth/tokens", { name: "child", abilities: ["read"] }, bearer)).status).toBe(201);
  });
});

describe("signing in with it", () => {
  it("takes a second step, in which each code works once, even for two at the same moment", async () => {
    const { id, email, secret } = await withFactor("grace");
    const first = await login(email);
    expect([first.status, first.headers["set-cookie"]]).toEqual([200, undefined]);
    expect(first.json).toEqual({
      secondFactor: true,
      setUp: false,
      challenge: expect.stringMatching(/^[\w-]{32}$/),
      expiresInSeconds: 300,
    });
    const other = await challengeOf(email);
    const code = codeOf(secret);
    const both = await Promise.all(
      [first.json.challenge, other].map((challenge) => post("/auth/second-factor", { challenge, code })),
    );
    expect(both.map(({ status }) => status).sort()).toEqual([200, 401]);
    const entered = both.find(({ status }) => status === 200) as Reply;
    expect(Object.keys(entered.json).sort()).toEqual(["csrfToken", "user"]);
    expect(await reads(headersOf(entered))).toBe(200);
    expect(both.find(({ status }) => status === 401)?.json.code).toBe("CODE_WRONG");
    // Nor does it work later, in a sign-in of its own; nor does the one before it.
    const challenge = await challengeOf(email);
    for (const steps of [0, -1])
      expect(said(await post("/auth/second-factor", { challenge, code: codeOf(secret, steps) }))).toEqual([
        401,
        "CODE_WRONG",
      ]);
    expect((await post("/auth/second-factor", { challenge, code: codeOf(secret, 1) })).status).toBe(200);
    expect(said(await post("/auth/second-factor", { challenge, code: codeOf(secret, 1) }))).toEqual([
      410,
      "CHALLENGE_INVALID",
    ]);
    const lines = await ask("GET", "/auth/sign-ins", undefined, headersOf(entered));
    expect(lines.json.data.map(({ result, by }: { result: string; by: string }) => `${result} ${by}`)).toEqual([
      "signed-in code",
      "wrong-code code",
      "wrong-code code",
      expect.stringMatching(/code$/),
      expect.stringMatching(/code$/),
      "signed-in password",
    ]);
    expect((await events(id)).filter((event) => event === "user.second-factor-refused")).toHaveLength(3);
  });

  it("takes a recovery code once, however it is typed, and mails a notice", async () => {
    const { email, codes, session } = await withFactor("lost");
    const [code = ""] = codes;
    const recoveryCode = ` ${code.toUpperCase().replace("-", " ")} `;
    const entered = await post("/auth/second-factor", { challenge: await challengeOf(email), recoveryCode });
    expect(entered.status).toBe(200);
    expect((await ask("GET", "/auth/second-factor", undefined, session)).json.recoveryCodesLeft).toBe(9);
    expect(await noticesTo(email)).toBe(2);
    const challenge = await challengeOf(email);
    for (const wrong of [code, "aaaaa-bbbbb", "", "x".repeat(40)])
      expect((await post("/auth/second-factor", { challenge, recoveryCode: wrong })).status).toBe(401);
    const neither = await post("/auth/second-factor", { challenge });
    const both = await post("/auth/second-factor", { challenge, code: "123456", recoveryCode: codes[1] });
    expect([neither.json.errors[0].path, both.json.errors[0].path]).toEqual(["code", "code"]);
  });

  it("ends after five wrong codes and tells the person that somebody knows the password", async () => {
    const { email, secret } = await withFactor("guessed");
    const challenge = await challengeOf(email);
    const guess = (code: string) => post("/auth/second-factor", { challenge, code });
    for (let n = 0; n < 4; n++) expect(said(await guess("000000"))).toEqual([401, "CODE_WRONG"]);
    expect(said(await guess("000000"))).toEqual([410, "CHALLENGE_INVALID"]);
    expect(said(await guess(codeOf(secret)))).toEqual([410, "CHALLENGE_INVALID"]);
    expect(await noticesTo(email)).toBe(2);
    const again = await challengeOf(email);
    for (let n = 0; n < 4; n++) await post("/auth/second-factor", { challenge: again, code: "000000" });
    const third = await challengeOf(email);
    await post("/auth/second-factor", { challenge: third, code: "000000" });
    const slowed = await post("/auth/second-factor", { challenge: third, code: codeOf(secret) });
    expect([...said(slowed), Number(slowed.headers["retry-after"]) > 0]).toEqual([429, "RATE_LIMITED", true]);
    // Another address is not kept out by it.
    from += 100;
    expect((await post("/auth/second-factor", { challenge: third, code: codeOf(secret) })).status).toBe(200);
  });

  it("has thirty wrong codes a day from everywhere, and a new password brings new ones", async () => {
    const { id, email, secret } = await withFactor("sprayed");
    for (let n = 0; n < 6; n++) {
      from += 10;
      const challenge = await challengeOf(email);
      for (let m = 0; m < 5; m++) await post("/auth/second-factor", { challenge, code: "000000" });
    }
    from += 10;
    const right = async () =>
      post("/auth/second-factor", { challenge: await challengeOf(email), code: codeOf(secret) });
    expect(said(await right())).toEqual([429, "RATE_LIMITED"]);
    await later();
    const { hashPassword } = await import("../../gateway/accounts/passwords.ts");
    await gateway.sql("update accounts.users set password_hash = ? where id = ?", [await hashPassword(password), id]);
    expect((await right()).status).toBe(200);
  });

  it("is not gone around: by a made-up challenge, a new password, another person or a switch in the meantime", async () => {
    const { id, email, secret, session } = await withFactor("careful");
    const code = () => codeOf(secret);
    for (const challenge of ["", "x", "A".repeat(32)])
      expect((await post("/auth/second-factor", { challenge, code: code() })).status).toBe(410);
    const stranger = await withFactor("stranger");
    const theirs = await challengeOf(stranger.email);
    expect((await post("/auth/second-factor", { challenge: theirs, code: code() })).status).toBe(401);
    // A challenge to prove is none to set up anew.
    const challenge = await challengeOf(email);
    expect((await post("/auth/second-factor/sign-in/setup", { challenge })).status).toBe(410);
    const { hashPassword } = await import("../../gateway/accounts/passwords.ts");
    await gateway.sql("update accounts.users set password_hash = ? where id = ?", [await hashPassword(password), id]);
    expect((await post("/auth/second-factor", { challenge, code: code() })).status).toBe(410);
    const next = await challengeOf(email);
    await gateway.sql("update accounts.users set disabled_at = now() where id = ?", [id]);
    expect((await post("/auth/second-factor", { challenge: next, code: code() })).status).toBe(410);
    await gateway.sql("update accounts.users set disabled_at = null where id = ?", [id]);
    const off = await post("/auth/second-factor/off", { password, code: code() }, session);
    expect(off.status).toBe(200);
    expect((await post("/auth/second-factor", { challenge: next, code: codeOf(secret, 1) })).status).toBe(410);
    expect(Object.keys((await login(email)).json).sort()).toEqual(["csrfToken", "user"]);
  });

  it("is asked for after a new password by mail, and not by the link in this machine's own terminal", async () => {
    const owner = await withFactor("machine", "owner");
    const { depsOf } = await import("../../shared/broker/deps.ts");
    const deps = depsOf(gateway.broker);
    const { makeLinkToken } = await import("../../gateway/accounts/link-token.ts");
    const { config } = await import("../../shared/config.ts");
    const id = deps.id();
    const { token, secretHash } = makeLinkToken(config.secretKeys, "password", id);
    await gateway.sql(
      "insert into accounts.password_links (id, user_id, secret_hash, expires_at) values (?, ?, ?, now() + interval '1 hour')",
      [id, owner.id, secretHash],
    );
    const fresh = "some other unusual words";
    const reset = await post("/auth/password/reset", { token, password: fresh });
    expect([reset.status, reset.headers["set-cookie"]]).toEqual([200, undefined]);
    expect((await login(owner.email, fresh)).json.secondFactor).toBe(true);
    const { makeSignInLink } = await import("../../gateway/accounts/sign-in-link.ts");
    const link = await makeSignInLink(deps, owner.email);
    const entered = await gateway.ask({
      method: "POST",
      path: "/api/v1/auth/sign-in-link",
      body: { code: link?.path.split("/").at(-1) },
    });
    expect([entered.status, entered.json.user.email]).toEqual([200, owner.email]);
  });
});

describe("the prompt of operators", () => {
  it("asks for the code as well", async () => {
    const { email, secret } = await withFactor("operator");
    const { openApi } = await import("../../shared/broker/repl/api.ts");
    const open = (askCode: () => Promise<string>) =>
      openApi(`http://127.0.0.1:${gateway.port}`, { email, password, askCode });
    await expect(open(async () => "000000")).rejects.toThrow("The code is wrong");
    const api = await open(async () => ` ${codeOf(secret)} `);
    expect((await api.call("GET", "/auth/me")).user).toMatchObject({ email });
    await api.close();
  });
});

describe("changing it", () => {
  it("takes the password and a code: for new recovery codes, and for switching it off", async () => {
    const { id, email, secret, session, codes } = await withFactor("changing");
    const change = (what: "off" | "recovery-codes", body: object) => post(`/auth/second-factor/${what}`, body, session);
    for (const what of ["off", "recovery-codes"] as const) {
      const noPassword = await change(what, { password: "not the password", code: codeOf(secret) });
      const noCode = await change(what, { password, code: "000000" });
      expect([noPassword.json.errors[0].path, noCode.json.errors[0].path]).toEqual(["password", "code"]);
    }
    const renewed = await change("recovery-codes", { password, code: codeOf(secret) });
    expect([renewed.status, new Set([...renewed.json.recoveryCodes, ...codes]).size]).toEqual([200, 20]);
    expect((await change("off", { password, recoveryCode: codes[0] })).status).toBe(422);
    const elsewhere = await post("/auth/second-factor", {
      challenge: await challengeOf(email),
      code: codeOf(secret, 1),
    });
    expect((await change("off", { password, recoveryCode: renewed.json.recoveryCodes[0] })).status).toBe(200);
    expect([await reads(session), await reads(headersOf(elsewhere))]).toEqual([200, 401]);
    expect(said(await change("off", { password, code: codeOf(secret) }))).toEqual([409, "SECOND_FACTOR_OFF"]);
    expect((await events(id)).slice(-2)).toEqual(["user.signed-in", "user.second-factor-off"]);
    // On, new codes, a recovery code used, off.
    expect(await noticesTo(email)).toBe(4);
  });

  it("is for owners, too, when a colleague has lost it: audited, and the colleague is signed out", async () => {
    const colleague = await withFactor("colleague");
    const owner = await withFactor("helpful", "owner");
    const listed = await ask("GET", "/users", undefined, owner.session);
    const found = listed.json.data.filter(({ secondFactor }: { secondFactor: boolean }) => secondFactor);
    expect(found.map(({ email }: { email: string }) => email)).toContain(colleague.email);
    const takeOff = (id: string, headers: Headers = owner.session) =>
      ask("DELETE", `/users/${id}/second-factor`, undefined, headers);
    expect((await takeOff(owner.id, colleague.session)).status).toBe(403);
    expect((await takeOff(owner.id)).json.errors[0].path).toBe("id");
    expect((await takeOff(colleague.id)).status).toBe(204);
    expect(said(await takeOff(colleague.id))).toEqual([409, "SECOND_FACTOR_OFF"]);
    expect(await reads(colleague.session)).toBe(401);
    expect((await login(colleague.email)).json.user.email).toBe(colleague.email);
    expect((await events(colleague.id)).at(-2)).toBe("user.second-factor-removed");
    expect(await noticesTo(colleague.email)).toBe(2);
    const { removeByCommand } = await import("../../gateway/accounts/second-factor/owners.ts");
    const { sessionsOf } = await import("../../gateway/accounts/access-changed.ts");
    const { depsOf } = await import("../../shared/broker/deps.ts");
    const deps = depsOf(gateway.broker);
    await removeByCommand(deps, sessionsOf(deps), owner.email);
    expect(await reads(owner.session)).toBe(401);
    expect((await login(owner.email)).json.user.email).toBe(owner.email);
    await expect(removeByCommand(deps, sessionsOf(deps), "nobody@example.org")).rejects.toThrow("Nobody signs in");
  });
});

describe("when everybody needs one", () => {
  const demandOfAll = (required: boolean, headers: Headers) =>
    ask("PATCH", "/settings", { secondFactorRequired: required }, headers);

  it("whoever has none is signed out and sets it up at the next sign-in, before anything else", async () => {
    const { email } = await person("newcomer");
    const session = await gateway.signIn(email);
    const token = await gateway.token("read");
    const plain = await gateway.signIn(ownerEmail);
    expect(said(await demandOfAll(true, plain))).toEqual([409, "SECOND_FACTOR_OFF"]);
    const boss = await withFactor("boss", "owner");
    expect((await demandOfAll(true, session)).status).toBe(403);
    expect((await demandOfAll(true, boss.session)).json).toEqual({ secondFactorRequired: true });
    expect([await reads(session), await reads(boss.session), await reads(token)]).toEqual([401, 200, 200]);

    const asked = await login(email);
    expect([asked.headers["set-cookie"], asked.json.setUp]).toEqual([undefined, true]);
    const { challenge } = asked.json;
    expect((await post("/auth/second-factor", { challenge, code: "000000" })).status).toBe(410);
    const { secret } = (await post("/auth/second-factor/sign-in/setup", { challenge })).json;
    const confirm = (code: string) => post("/auth/second-factor/sign-in/confirm", { challenge, code });
    expect((await confirm("000000")).json.errors[0].path).toBe("code");
    const entered = await confirm(codeOf(secret));
    expect([entered.status, entered.json.recoveryCodes.length, entered.json.user.email]).toEqual([200, 10, email]);
    expect(await reads(headersOf(entered))).toBe(200);
    expect((await confirm(codeOf(secret, 1))).status).toBe(410);
    expect((await login(email)).json.setUp).toBe(false);

    // To move to another device it is switched off, which ends this session as well.
    await later();
    const off = await post("/auth/second-factor/off", { password, code: codeOf(secret) }, headersOf(entered));
    expect([off.status, await reads(headersOf(entered))]).toEqual([200, 401]);
    expect((await login(email)).json.setUp).toBe(true);
  });

  it("whoever accepts an invite sets it up first, too; and it can be undone", async () => {
    const boss = await withFactor2("boss2");
    const invited = await post("/users/invite", { email: "invited@example.org", role: "viewer" }, boss);
    expect(invited.status).toBe(201);
    const { makeLinkToken } = await import("../../gateway/accounts/link-token.ts");
    const { config } = await import("../../shared/config.ts");
    const { token, secretHash } = makeLinkToken(config.secretKeys, "invite", invited.json.id);
    await gateway.sql("update accounts.invites set secret_hash = ? where id = ?", [secretHash, invited.json.id]);
    const accepted = await post("/auth/invite/accept", { token, name: "Ida", password: "four unusual words here" });
    expect([accepted.status, accepted.json.setUp, accepted.headers["set-cookie"]]).toEqual([200, true, undefined]);
    expect((await ask("GET", "/settings", undefined, boss)).json).toEqual({ secondFactorRequired: true });
    expect((await demandOfAll(false, boss)).status).toBe(200);
    expect(Object.keys((await login("invited@example.org", "four unusual words here")).json)).toContain("csrfToken");
    const [line] = await gateway.sql(
      "select count(*)::int as n from accounts.audit_log where event in ('user.second-factor-demanded', 'user.second-factor-not-demanded')",
    );
    expect(line?.n).toBe(2);
  });

  /** An owner with a second factor who signs in while everybody needs one. */
  const withFactor2 = async (name: string) => {
    const { email } = await person(name, "owner");
    const { challenge } = (await login(email)).json;
    const { secret } = (await post("/auth/second-factor/sign-in/setup", { challenge })).json;
    return headersOf(await post("/auth/second-factor/sign-in/confirm", { challenge, code: codeOf(secret) }));
  };
});

describe("the key it is sealed under", () => {
  it("can be rotated: the new one seals, the old one opens until all is sealed anew, and then may go", async () => {
    const { id, email, secret, codes } = await withFactor("rotated");
    const { config } = await import("../../shared/config.ts");
    const { resealSecrets, openSecret } = await import("../../gateway/accounts/second-factor/secrets.ts");
    const { findFactor } = await import("../../gateway/accounts/second-factor/store.ts");
    const { depsOf } = await import("../../shared/broker/deps.ts");
    const deps = depsOf(gateway.broker);
    const fresh = "a-new-key-of-at-least-thirty-two-characters";
    const sealed = async () => (await findFactor(deps.db, id))?.secret ?? Buffer.alloc(0);
    const { Secret } = await import("otpauth");
    const hex = Secret.fromBase32(secret).hex.toLowerCase();
    expect(() => openSecret([fresh], id, Buffer.alloc(60))).toThrow("LC_SECRET_KEYS");
    const old = await sealed();
    expect(() => openSecret([fresh], id, old)).toThrow("LC_SECRET_KEYS");
    const total = Number((await gateway.sql("select count(*)::int as n from accounts.second_factors"))[0]?.n);
    expect(await resealSecrets(deps, [fresh])).toEqual({ renewed: 0, unreadable: total });
    expect(await resealSecrets(deps, [fresh, ...config.secretKeys])).toEqual({ renewed: total, unreadable: 0 });
    expect(await resealSecrets(deps, [fresh, ...config.secretKeys])).toEqual({ renewed: 0, unreadable: 0 });
    expect(openSecret([fresh], id, await sealed()).toString("hex")).toBe(hex);
    expect(() => openSecret([fresh], deps.id(), old)).toThrow("LC_SECRET_KEYS");
    // A process that lacks the key says so, counts no try, and recovery codes work on.
    const challenge = await challengeOf(email);
    expect(said(await post("/auth/second-factor", { challenge, code: codeOf(secret) }))).toEqual([
      503,
      "SERVICE_UNAVAILABLE",
    ]);
    expect((await post("/auth/second-factor", { challenge, recoveryCode: codes[0] })).status).toBe(200);
  });
});
