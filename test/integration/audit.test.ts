// The audit log: every act once, by whom and from where, nothing that was refused or only read, and found again.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ownerEmail, type ServedGateway, serveGateway } from "../helpers/gateway.ts";

const id = "01990000-0000-7000-8000-000000000001";
let gateway: ServedGateway;
let owner: { cookie: string; "x-csrf-token": string };
beforeAll(async () => {
  gateway = await serveGateway({
    settings: { trustedProxies: 1 },
    fakes: {
      "contacts.list": () => ({ data: [], nextCursor: null }),
      "contacts.create": (params) => ({ id, ...params }),
      "contacts.remove": () => ({ ok: true }),
      "campaigns.launch": () => ({ id, status: "running" }),
      "jobs.input": () => ({ input: { to: "private@example.org" } }),
      "jobs.bulk": ({ dryRun }) => ({ matched: 2, jobId: dryRun ? null : id }),
      "segments.preview": () => ({ count: 0, sample: [], sentence: "" }),
    },
  });
  owner = await gateway.signIn();
});
afterAll(() => gateway.close());

type Headers = Readonly<Record<string, string>>;
const ask = (method: string, path: string, body?: unknown, headers: Headers = owner) =>
  gateway.ask({ method, path: `/api/v1${path}`, headers, ...(body === undefined ? {} : { body }) });
// biome-ignore lint/suspicious/noExplicitAny: JSON of unknown shape is looked into by a test
const lines = async (query = ""): Promise<any[]> => (await ask("GET", `/audit${query}`)).json.data;
/** Lines of an action once they are written, which takes up to a second. */
const written = async (action: string, count: number) => {
  await expect.poll(async () => (await lines(`?action=${action}`)).length).toBe(count);
  return lines(`?action=${action}`);
};

describe("the audit log", () => {
  it("keeps who did what to what, when and from where, and nothing of the body", async () => {
    const headers = { ...owner, "x-request-id": "request-one", "x-forwarded-for": "203.0.113.5" };
    await ask("POST", "/contacts", { email: "private@example.org" }, headers);
    const [line] = await written("contacts.create", 1);
    expect(line).toMatchObject({
      action: "contacts.create",
      user: { email: ownerEmail },
      tokenId: null,
      objectId: id,
      requestId: "request-one",
      address: "203.0.113.5",
      detail: {},
    });
    const token = await gateway.token("write");
    await ask("DELETE", `/contacts/${id}`, undefined, { authorization: token.authorization });
    expect((await written("contacts.remove", 1))[0]).toMatchObject({ tokenId: token.id, objectId: id });
    const all = await gateway.sql("select coalesce(string_agg(l::text, ' '), '') as all from accounts.audit_log l");
    expect(String(all[0]?.all)).not.toContain("private@example.org");
  });

  it("has no line for what was refused, only read or only computed, and one for a request that came twice", async () => {
    expect((await ask("POST", "/contacts", { nonsense: 1 })).status).toBe(422);
    expect((await ask("POST", "/contacts", { email: "a@example.org" }, { cookie: owner.cookie })).status).toBe(403);
    await ask("GET", "/contacts");
    await ask("POST", "/segments/preview", { rule: { field: "email", op: "isSet" } });
    const key = { ...owner, "idempotency-key": "once-only" };
    await ask("POST", `/campaigns/${id}/launch`, {}, key);
    const replay = await ask("POST", `/campaigns/${id}/launch`, {}, key);
    expect(replay.headers["idempotent-replayed"]).toBe("true");
    await written("campaigns.launch", 1);
    expect(await lines("?action=contacts.create")).toHaveLength(1);
    expect(await lines("?action=segments.")).toEqual([]);
    expect(await lines("?action=contacts.list")).toEqual([]);
  });

  it("keeps who looked at what is hidden, and the job of a bulk act but not its dry run", async () => {
    expect((await ask("GET", `/jobs/${id}/input`)).status).toBe(200);
    expect((await written("jobs.input", 1))[0]).toMatchObject({ objectId: id, user: { email: ownerEmail } });
    await ask("POST", "/jobs/bulk", { act: "retry", filter: {}, dryRun: true });
    await ask("POST", "/jobs/bulk", { act: "retry", filter: {}, expected: 2 });
    expect((await written("jobs.bulk", 1))[0]).toMatchObject({ objectId: id });
  });

  it("tells of sign-ins, refused ones, tokens and people, each in the transaction of the change", async () => {
    await ask("POST", "/auth/login", { email: ownerEmail, password: "wrong password" }, {});
    await ask("POST", "/auth/login", { email: "nobody@example.org", password: "wrong password" }, {});
    const refused = await lines("?action=user.sign-in-refused");
    expect(refused.map(({ user }) => user?.email ?? null)).toEqual([null, ownerEmail]);
    const other = await gateway.addUser("other@example.org", "viewer");
    await ask("PATCH", `/users/${other}`, { role: "editor" });
    expect((await lines("?action=user.role-changed"))[0]).toMatchObject({
      objectId: other,
      user: { email: ownerEmail },
      address: "127.0.0.1",
      detail: { from: "viewer", to: "editor" },
    });
    const made = await ask("POST", "/auth/tokens", { name: "t", abilities: ["read"] });
    await ask("DELETE", `/auth/tokens/${made.json.id}`);
    const acts = (await lines("?action=token.")).filter(({ objectId }) => objectId === made.json.id);
    expect(acts.map(({ action }) => action)).toEqual(["token.revoked", "token.created"]);
    await ask("PATCH", `/users/${other}`, { role: "editor" });
    expect(await lines("?action=user.role-changed")).toHaveLength(1);
    expect(await lines("?action=users.")).toEqual([]);
  });

  it("is searched by person and time, page by page, and only by owners", async () => {
    const someone = await gateway.addUser("someone@example.org", "viewer");
    const session = await gateway.signIn("someone@example.org");
    expect((await ask("GET", "/audit", undefined, session)).json.code).toBe("ABILITY_MISSING");
    expect((await lines(`?user=${someone}`)).map(({ action }) => action)).toEqual(["user.signed-in"]);
    expect(await lines("?until=2020-01-01T00:00:00Z")).toEqual([]);
    expect((await lines("?from=2020-01-01T00:00:00Z")).length).toBeGreaterThan(3);
    const first = await ask("GET", "/audit?limit=2");
    const second = await ask("GET", `/audit?limit=2&cursor=${first.json.nextCursor}`);
    const ids = [...first.json.data, ...second.json.data].map((line: { id: string }) => line.id);
    expect(new Set(ids).size).toBe(4);
    expect(ids).toEqual([...ids].sort().reverse());
    expect((await ask("GET", "/audit?cursor=x")).json.code).toBe("CURSOR_INVALID");
    expect((await ask("GET", "/audit?from=yesterday")).status).toBe(422);
  });

  it("is given as a file that no spreadsheet runs", async () => {
    await gateway.addUser("=cmd@example.org", "viewer");
    await gateway.signIn("=cmd@example.org");
    const file = await ask("GET", "/audit.csv?action=user.signed-in");
    expect([file.status, file.headers["content-type"], file.headers["content-disposition"]]).toEqual([
      200,
      "text/csv; charset=utf-8",
      'attachment; filename="audit.csv"',
    ]);
    expect(file.text.split("\r\n")[0]).toBe("at,action,email,name,user,token,object,request,address,detail");
    expect(file.text).toContain(",'=cmd@example.org,");
    expect((await ask("GET", "/audit.csv?limit=1")).status).toBe(422);
  });

  it("outlives its people, and says so", async () => {
    const gone = await gateway.addUser("gone@example.org", "viewer");
    await gateway.signIn("gone@example.org");
    await ask("DELETE", `/users/${gone}`);
    expect((await lines(`?user=${gone}`))[0]).toMatchObject({ user: { id: gone, email: null, name: null } });
  });
});

describe("the recorder", () => {
  it("loses nothing at a stop in good order, nor while Postgres is away", async () => {
    const { createRecorder } = await import("../../gateway/audit/recorder.ts");
    const { publicActions } = await import("../../gateway/operations.ts");
    const { depsOf } = await import("../../shared/broker/deps.ts");
    const deps = depsOf(gateway.broker);
    const launch = publicActions.find(({ name }) => name === "campaigns.pause");
    const caller = { userId: id, email: "", role: "owner", abilities: [] };
    const exchange = { caller, params: { id }, requestId: "bulk", address: "::1" };
    let away = true;
    const flaky = {
      ...deps,
      db: {
        raw: (...given: Parameters<typeof deps.db.raw>) =>
          away ? Promise.reject(new Error("Connection terminated")) : deps.db.raw(...given),
      } as unknown as typeof deps.db,
    };
    const recorder = createRecorder(flaky);
    for (let n = 0; n < 1_200; n++) recorder.note(exchange as never, launch as never);
    await expect(recorder.flush()).rejects.toThrow("terminated");
    away = false;
    await recorder.stop();
    const [row] = await gateway.sql(
      "select count(*)::int as n, count(distinct id)::int as ids from accounts.audit_log where request_id = 'bulk'",
    );
    expect(row).toEqual({ n: 1_200, ids: 1_200 });
  });
});
