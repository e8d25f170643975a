// Idempotency-Key: one effect however often and however parallel a request is repeated.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type ServedGateway, serveGateway } from "../helpers/gateway.ts";

const id = "01990000-0000-7000-8000-000000000001";
let gateway: ServedGateway;
let auth: { authorization: string };
let runs = 0;
let keySeen: unknown;
/** What the action waits for, so that tests decide how long it runs. */
let gate: Promise<unknown> = Promise.resolve();
let refuse: Error | undefined;

beforeAll(async () => {
  gateway = await serveGateway({
    fakes: {
      "campaigns.launch": async (params, meta) => {
        runs++;
        keySeen = meta.idempotencyKey;
        await gate;
        if (refuse) throw refuse;
        return { id: params.id, status: "running" };
      },
      "contacts.create": (params) => {
        runs++;
        return { id, ...params };
      },
      "campaigns.pause": (params) => {
        runs++;
        return { id: params.id, status: "paused" };
      },
    },
  });
  const { authorization } = await gateway.token("read", "write", "send");
  auth = { authorization };
});
afterAll(() => gateway.close());
beforeEach(() => {
  runs = 0;
  gate = Promise.resolve();
  refuse = undefined;
});

const launch = (key: string, campaign = id) =>
  gateway.ask({
    method: "POST",
    path: `/api/v1/campaigns/${campaign}/launch`,
    headers: { ...auth, "idempotency-key": key },
  });
const create = (key: string, body: object) =>
  gateway.ask({ method: "POST", path: "/api/v1/contacts", headers: { ...auth, "idempotency-key": key }, body });

describe("a key that comes again", () => {
  it("gets the first answer with the same status, and says so", async () => {
    const first = await create("create-1", { email: "a@example.org", attrs: { x: 1, y: 2 } });
    const second = await create("create-1", { attrs: { y: 2, x: 1 }, email: "a@example.org" });
    expect([first.status, second.status, runs]).toEqual([201, 201, 1]);
    expect(second.json).toEqual(first.json);
    expect([first.headers["idempotent-replayed"], second.headers["idempotent-replayed"]]).toEqual([undefined, "true"]);
    expect(second.headers.location).toBe(first.headers.location);
  });

  it("with another body or for another object is refused with 409", async () => {
    await create("create-2", { email: "a@example.org" });
    const other = await create("create-2", { email: "b@example.org" });
    expect([other.status, other.json.code, runs]).toEqual([409, "IDEMPOTENCY_KEY_REUSED", 1]);
    await launch("launch-2");
    expect((await launch("launch-2", "01990000-0000-7000-8000-000000000002")).json.code).toBe("IDEMPOTENCY_KEY_REUSED");
  });

  it("is another key on another route and for another person", async () => {
    await create("shared-key", { email: "a@example.org" });
    expect((await launch("shared-key")).status).toBe(202);
    await gateway.addUser("manager@example.org", "manager");
    const manager = await gateway.signIn("manager@example.org");
    const theirs = await gateway.ask({
      method: "POST",
      path: "/api/v1/contacts",
      headers: { ...manager, "idempotency-key": "shared-key" },
      body: { email: "c@example.org" },
    });
    expect([theirs.status, theirs.json.email]).toEqual([201, "c@example.org"]);
  });

  it("reaches the action, and is ignored where the contract takes none", async () => {
    await launch("seen-by-the-action");
    expect(keySeen).toBe("seen-by-the-action");
    const pause = () =>
      gateway.ask({
        method: "POST",
        path: `/api/v1/campaigns/${id}/pause`,
        headers: { ...auth, "idempotency-key": "pause" },
      });
    runs = 0;
    await pause();
    await pause();
    expect(runs).toBe(2);
  });

  it("must be printable and of sane length", async () => {
    for (const key of ["", "a b", "x".repeat(201)]) expect((await launch(key)).status).toBe(422);
  });
});

describe("requests at the same time", () => {
  it("have one effect, and all get its answer", async () => {
    let open: (value: unknown) => void = () => undefined;
    gate = new Promise((resolve) => {
      open = resolve;
    });
    const three = [launch("parallel"), launch("parallel"), launch("parallel")];
    await expect.poll(() => runs).toBe(1);
    open(undefined);
    const replies = await Promise.all(three);
    expect(replies.map((reply) => reply.status)).toEqual([202, 202, 202]);
    expect(runs).toBe(1);
  });

  it("do not wait for ever for the first", async () => {
    let open: (value: unknown) => void = () => undefined;
    gate = new Promise((resolve) => {
      open = resolve;
    });
    const first = launch("slow");
    await expect.poll(() => runs).toBe(1);
    const second = await launch("slow");
    expect([second.status, second.json.code, second.headers["retry-after"]]).toEqual([
      409,
      "IDEMPOTENCY_IN_PROGRESS",
      "2",
    ]);
    open(undefined);
    expect((await first).status).toBe(202);
  });
});

describe("a first request that came to nothing", () => {
  it("leaves the key free when it was refused", async () => {
    refuse = Object.assign(new Error("not now"), { type: "CAMPAIGN_NOT_DRAFT", code: 409 });
    expect((await launch("refused")).json.code).toBe("CAMPAIGN_NOT_DRAFT");
    refuse = undefined;
    expect([(await launch("refused")).status, runs]).toEqual([202, 2]);
  });

  it("blocks nobody for longer than its lock when its process died", async () => {
    let open: (value: unknown) => void = () => undefined;
    gate = new Promise((resolve) => {
      open = resolve;
    });
    const lost = launch("died");
    await expect.poll(() => runs).toBe(1);
    await gateway.sql(
      "update accounts.idempotency_keys set locked_until = now() - interval '1 second' where key = 'died'",
    );
    gate = Promise.resolve();
    expect([(await launch("died")).status, runs]).toEqual([202, 2]);
    const [kept] = await gateway.sql("select attempt, status from accounts.idempotency_keys where key = 'died'");
    // The late first one answers its own client and changes nothing that is kept.
    open(undefined);
    expect((await lost).status).toBe(202);
    expect((await gateway.sql("select attempt, status from accounts.idempotency_keys where key = 'died'"))[0]).toEqual(
      kept,
    );
  });

  it("is forgotten after a day, together with other rows that are out of date", async () => {
    await launch("old");
    await gateway.sql(
      "update accounts.idempotency_keys set expires_at = now() - interval '1 second' where key = 'old'",
    );
    await launch("old");
    expect(runs).toBe(2);
    await gateway.sql("update accounts.idempotency_keys set expires_at = now() - interval '1 second'");
    const [{ removed = 0 } = {}] = await gateway.sql("select accounts.delete_expired(now()) as removed");
    expect(Number(removed)).toBeGreaterThan(0);
    expect(await gateway.sql("select 1 from accounts.idempotency_keys")).toEqual([]);
  });
});
