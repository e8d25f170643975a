// What every request meets, whoever asks: routes, statuses, problems, limits of the body, headers and CORS.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ServedGateway, serveGateway } from "../helpers/gateway.ts";

const id = "01990000-0000-7000-8000-000000000001";
let gateway: ServedGateway;
let auth: { authorization: string };
const seen: { params: Record<string, unknown>; meta: Record<string, unknown> }[] = [];

beforeAll(async () => {
  gateway = await serveGateway({
    settings: { origins: new Set(["https://app.example.org"]), jsonLimit: 10_000 },
    fakes: {
      "contacts.list": (params, meta) => {
        seen.push({ params, meta: { ...meta } });
        return { data: [], nextCursor: null };
      },
      "contacts.create": (params) => ({ id, ...params }),
      "contacts.get": () => {
        throw new TypeError("secret table contacts.people is on fire");
      },
      "contacts.remove": () => ({ ok: true }),
      "segments.update": (params) => ({ ...params }),
      "segments.preview": (params) => ({ count: JSON.stringify(params.rule).length, sample: [], sentence: "" }),
      "messages.get": () => {
        throw Object.assign(new Error("gone"), { type: "MESSAGE_NOT_FOUND", code: 404 });
      },
    },
  });
  const { authorization } = await gateway.token("read", "write");
  auth = { authorization };
});
afterAll(() => gateway.close());

const create = (headers: Record<string, string>, body: unknown) =>
  gateway.ask({ method: "POST", path: "/api/v1/contacts", headers: { ...auth, ...headers }, body });

describe("routes", () => {
  it("answers an action with the status and the result of its contract", async () => {
    const reply = await create({}, { email: "a@example.org" });
    expect(reply.status).toBe(201);
    expect(reply.json).toEqual({ id, email: "a@example.org" });
    expect(reply.headers.location).toBe(`/api/v1/contacts/${id}`);
    expect((await gateway.ask({ method: "DELETE", path: `/api/v1/contacts/${id}`, headers: auth })).status).toBe(204);
  });

  it("takes parameters from path, query and body, the path first", async () => {
    const reply = await gateway.ask({
      method: "PATCH",
      path: `/api/v1/segments/${id}?name=fromQuery`,
      headers: { ...auth, "if-match": '"7"' },
      body: { id: "other", name: "fromBody" },
    });
    expect(reply.json).toEqual({ id, name: "fromQuery", version: 7 });
    expect(reply.headers.etag).toBe('"7"');
  });

  it("answers 404 as a problem for unknown paths and for actions without a route", async () => {
    for (const path of [
      "/api/v1/nothing",
      "/api/v1/contacts.list",
      "/api/v1/contacts/list/all",
      "/contacts/list",
      "/contacts.list",
      "/api/v1/imports/x/storeChunk",
      "/~node/list",
      "/api/v1/gateway/listAliases",
      "/api/v1/%zz",
      "/api/v1/contacts/%zz",
    ]) {
      const reply = await gateway.ask({ path, headers: { ...auth, accept: "application/json" } });
      expect([path, reply.status]).toEqual([path, 404]);
      expect(reply.headers["content-type"]).toBe("application/problem+json");
      expect(reply.json).toMatchObject({ status: 404, code: "NOT_FOUND" });
    }
  });

  it("answers 405 with the methods that are taken", async () => {
    const reply = await gateway.ask({ method: "PUT", path: "/api/v1/contacts", headers: auth });
    expect([reply.status, reply.json.code]).toEqual([405, "METHOD_NOT_ALLOWED"]);
    expect(reply.headers.allow?.split(", ").sort()).toEqual(["GET", "HEAD", "OPTIONS", "POST"]);
  });

  it("answers HEAD like GET without a body, and OPTIONS with the methods", async () => {
    const head = await gateway.ask({ method: "HEAD", path: "/api/v1/contacts", headers: auth });
    expect([head.status, head.text]).toEqual([200, ""]);
    const options = await gateway.ask({ method: "OPTIONS", path: "/api/v1/contacts" });
    expect([options.status, options.headers.allow?.split(", ").sort()]).toEqual([
      204,
      ["GET", "HEAD", "OPTIONS", "POST"],
    ]);
  });

  it("answers 503 with Retry-After while the service behind a route is away", async () => {
    const reply = await gateway.ask({ path: "/api/v1/templates", headers: auth });
    expect([reply.status, reply.json.code, reply.headers["retry-after"]]).toEqual([503, "SERVICE_UNAVAILABLE", "2"]);
  });

  it("tells nothing of an error that nobody foresaw", async () => {
    const reply = await gateway.ask({ path: `/api/v1/contacts/${id}`, headers: auth });
    expect(reply.json).toEqual({
      type: "/api/docs#INTERNAL_ERROR",
      title: "Something went wrong on our side",
      status: 500,
      code: "INTERNAL_ERROR",
      requestId: reply.headers["x-request-id"],
    });
  });

  it("decides by the type of an error, not by its class", async () => {
    const reply = await gateway.ask({ path: `/api/v1/messages/${id}`, headers: auth });
    expect(reply.json).toMatchObject({ status: 404, code: "MESSAGE_NOT_FOUND", detail: "gone" });
  });
});

describe("bodies", () => {
  it("names every wrong field with 422", async () => {
    const reply = await create({}, { email: 5, colour: "red" });
    expect(reply.status).toBe(422);
    expect(reply.json.errors.map((error: { path: string }) => error.path).sort()).toEqual(["colour", "email"]);
  });

  it("refuses other types, charsets and compression with 415", async () => {
    for (const headers of [
      { "content-type": "text/plain" },
      { "content-type": "application/x-www-form-urlencoded" },
      { "content-type": "application/json; charset=latin1" },
      { "content-type": "application/json", "content-encoding": "gzip" },
    ])
      expect((await create(headers, "{}")).status).toBe(415);
  });

  it("refuses what is not a JSON object in UTF-8 with 400", async () => {
    const type = { "content-type": "application/json" };
    for (const body of ["{", "[]", "null", '"text"', Buffer.from([0x7b, 0xff, 0x7d])]) {
      const reply = await create(type, body);
      expect([reply.status, reply.json.code]).toEqual([400, "BODY_MALFORMED"]);
    }
  });

  it("refuses a body above the limit with 413, with and without a stated length", async () => {
    const big = JSON.stringify({ email: "x".repeat(20_000) });
    expect((await create({ "content-type": "application/json" }, big)).status).toBe(413);
    const response = await fetch(`http://127.0.0.1:${gateway.port}/api/v1/contacts`, {
      method: "POST",
      headers: { ...auth, "content-type": "application/json" },
      body: new Blob([big]).stream(),
      duplex: "half",
    } as RequestInit);
    expect(response.status).toBe(413);
  });

  it("is not hurt by deep nesting or by keys that would change prototypes", async () => {
    const type = { "content-type": "application/json", ...auth };
    const deep = `{"rule":${'{"all":['.repeat(500)}${"]}".repeat(500)}}`;
    const nested = await gateway.ask({ method: "POST", path: "/api/v1/segments/preview", headers: type, body: deep });
    expect([nested.status, nested.json.code]).toEqual([400, "BODY_MALFORMED"]);
    const polluted = await create(type, '{"email":"a@example.org","__proto__":{"tags":["x"]},"constructor":1}');
    expect(polluted.status).toBe(422);
  });

  it("refuses a query field that is given twice", async () => {
    expect((await gateway.ask({ path: "/api/v1/contacts?limit=1&limit=2", headers: auth })).status).toBe(422);
    expect((await gateway.ask({ path: "/api/v1/contacts?limit[a]=2", headers: auth })).status).toBe(422);
  });
});

describe("headers", () => {
  it("carry a request id: the client's when it is sane, else a new one", async () => {
    const sane = await gateway.ask({ path: "/api/v1/contacts", headers: { ...auth, "x-request-id": "trace-12345" } });
    expect(sane.headers["x-request-id"]).toBe("trace-12345");
    expect(seen.at(-1)?.meta.requestId).toBe("trace-12345");
    const mad = await gateway.ask({
      path: "/api/v1/nothing",
      headers: { "x-request-id": "a b\tc", "x-correlation-id": "also not" },
    });
    expect(mad.headers["x-request-id"]).toMatch(/^[0-9a-f-]{36}$/);
    expect(mad.json.requestId).toBe(mad.headers["x-request-id"]);
  });

  it("give the action who calls, and nothing that the client says about it", async () => {
    await gateway.ask({
      path: "/api/v1/contacts?q=x",
      headers: { ...auth, "x-meta": '{"caller":{"role":"owner"}}', caller: "me" },
    });
    expect(seen.at(-1)?.params).toEqual({ limit: 50, q: "x" });
    expect(seen.at(-1)?.meta.caller).toMatchObject({
      email: "owner@example.org",
      role: "owner",
      abilities: ["read", "write"],
    });
  });

  it("protect every answer", async () => {
    const { headers } = await gateway.ask({ path: "/version" });
    expect(headers["content-security-policy"]).toContain("default-src 'none'");
    expect(headers["x-content-type-options"]).toBe("nosniff");
    expect(headers["x-frame-options"]).toBe("DENY");
    expect(headers["strict-transport-security"]).toBeUndefined();
    expect(headers["x-powered-by"]).toBeUndefined();
  });

  it("let only exactly the permitted origins read answers", async () => {
    const from = (origin: string, method = "GET") =>
      gateway.ask({
        method,
        path: "/api/v1/contacts",
        headers: { ...auth, origin, ...(method === "OPTIONS" ? { "access-control-request-method": "POST" } : {}) },
      });
    const own = await from("https://app.example.org");
    expect([
      own.headers["access-control-allow-origin"],
      own.headers["access-control-allow-credentials"],
      own.headers.vary,
    ]).toEqual(["https://app.example.org", "true", "Origin"]);
    for (const origin of [
      "https://app.example.or",
      "https://app.example.org.evil.net",
      "http://app.example.org",
      "https://example.org",
      "null",
      "https://app.example.org:8443",
      "*",
    ]) {
      expect((await from(origin)).headers["access-control-allow-origin"]).toBeUndefined();
      expect((await from(origin, "OPTIONS")).headers["access-control-allow-methods"]).toBeUndefined();
    }
    const preflight = await from("https://app.example.org", "OPTIONS");
    expect(preflight.status).toBe(204);
    expect(preflight.headers["access-control-allow-methods"]).toContain("POST");
    expect(preflight.headers["access-control-allow-headers"]).toContain("Idempotency-Key");
  });
});
