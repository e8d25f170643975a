// HTTP as no honest client speaks it: requests smuggled behind others, methods and paths that pretend, fields that are not
// the caller's to set, pages and bodies without measure.
import { connect } from "node:net";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openTarget, type Target } from "../helpers/bad-input.ts";

const v1 = "/api/v1";
let target: Target;
beforeAll(async () => {
  target = await openTarget();
});
afterAll(async () => {
  const alive = await target.alive();
  await target.close();
  expect(alive).toBe(true);
});

/** Writes bytes on a connection of their own and answers with all that came back. */
const speak = (words: string) =>
  new Promise<string>((resolve, reject) => {
    const socket = connect(target.port, "127.0.0.1", () => socket.write(words));
    let heard = "";
    socket.on("data", (piece) => (heard += piece));
    socket.on("close", () => resolve(heard));
    socket.on("error", reject);
    socket.setTimeout(10_000, () => socket.destroy(new Error("no answer")));
  });
const statuses = (heard: string) => [...heard.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map(([, status]) => Number(status));

describe("a request smuggled behind another", () => {
  const inner = "GET /version HTTP/1.1\r\nhost: x\r\n\r\n";
  test.each([
    ["with a length and chunks", "content-length: 4\r\ntransfer-encoding: chunked"],
    ["with two lengths", "content-length: 4\r\ncontent-length: 5"],
    ["with a length that is no number", "content-length: +4"],
    ["with chunks that are hidden", "transfer-encoding: xchunked"],
    ["with chunks twice", "transfer-encoding: chunked, identity"],
  ])("%s is refused, and the connection ends", async (_, headers) => {
    const heard = await speak(`POST ${v1}/tags HTTP/1.1\r\nhost: x\r\n${headers}\r\n\r\n0\r\n\r\n${inner}`);
    expect(statuses(heard)).toEqual([400]);
  });
});

describe("what pretends to be something else", () => {
  test.each([
    [
      "a method in a header",
      "GET",
      "/tags",
      { "x-http-method-override": "DELETE", "x-method-override": "DELETE" },
      200,
    ],
    ["a path in a header", "GET", "/tags", { "x-original-url": "/api/v1/users", "x-rewrite-url": "/metrics" }, 200],
    ["an encoded slash", "GET", "%2ftags", {}, 404],
    ["a path encoded twice", "GET", "/%2574ags", {}, 404],
    ["two slashes", "GET", "//tags", {}, 404],
  ])("%s changes nothing", async (_, method, path, headers, status) => {
    const seen = await target.send({ method, path: v1 + path, headers });
    expect([seen.status, seen.text.slice(0, 200)]).toEqual([status, expect.any(String)]);
  });

  // Sent byte by byte: fetch would resolve them before it asks.
  test.each([
    ["another case leads to the same route and the same guard", "/api/v1/USERS", 401],
    ["a step up leads nowhere", "/api/v1/x/../users", 404],
    ["an encoded step up leads nowhere", "/api/v1/x/%2e%2e/users", 404],
    ["an encoded step up with backslashes leads nowhere", "/api/v1/x/..%5cusers", 404],
    ["a NUL leads nowhere", "/api/v1/users%00", 404],
  ])("%s", async (_, path, status) => {
    const heard = await speak(`GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
    expect(statuses(heard)).toEqual([status]);
  });

  test("two slashes at the beginning are a problem and no page of the web app", async () => {
    const heard = await speak(`GET //api/v1/tags HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
    expect(statuses(heard)).toEqual([404]);
    expect(heard).toContain("application/problem+json");
  });

  test("what a request expects beyond 100-continue does not end in an answer without a body", async () => {
    const heard = await speak("GET /version HTTP/1.1\r\nhost: x\r\nexpect: miracles\r\nconnection: close\r\n\r\n");
    expect(statuses(heard)).toEqual([200]);
  });
});

test("HEAD and OPTIONS on every route change nothing, and say which methods there are", async () => {
  const { json } = await target.send({ path: "/api/openapi.json" });
  const wrong: string[] = [];
  for (const [path, methods] of Object.entries(json.paths as Record<string, object>)) {
    if (path.startsWith("/health") || path === "/hooks/email/{provider}") continue;
    const at = path.replace(/\{\w+\}/g, "01990000-0000-7000-8000-000000000001");
    const options = await target.send({ method: "OPTIONS", path: at });
    if (options.status !== 204) wrong.push(`OPTIONS ${path}: ${options.status}`);
    const head = await target.send({ method: "HEAD", path: at });
    // What takes no GET takes no HEAD: nothing that acts is reached by it. `/jobs/bulk` is also a job of a wrong id.
    const refused = head.status === 405 || (head.status === 422 && !("get" in methods));
    if (head.status >= 500 || "get" in methods === refused) wrong.push(`HEAD ${path}: ${head.status}`);
  }
  expect(wrong).toEqual([]);
});

test.each(["id", "createdAt", "score", "erasedAt", "communities", "role"])(
  "a contact's %s is not its maker's to set",
  async (field) => {
    const body = { email: `mass-${field.toLowerCase()}@example.com`, [field]: "x" };
    const { status, json } = await target.send({ method: "POST", path: `${v1}/contacts`, body });
    expect([status, json.errors.map(({ path }: { path: string }) => path)]).toEqual([422, [field]]);
  },
);

test.each(["status", "launchedAt", "heldReason"])("a campaign's %s is not its maker's to set", async (field) => {
  const content = { subject: "s", html: "<p>h</p>" };
  const body = { name: "c", channel: "email", audience: { all: true }, content, [field]: "completed" };
  const { status, json } = await target.send({ method: "POST", path: `${v1}/campaigns`, body });
  expect([status, json.errors.map(({ path }: { path: string }) => path)]).toEqual([422, [field]]);
});

test.each(["contacts", "messages", "audit", "jobs", "users", "suppressions"])(
  "%s come in pages of at most a thousand",
  async (list) => {
    const page = (limit: number | string) => target.send({ path: `${v1}/${list}?limit=${limit}` });
    expect((await page(1_000)).status).toBe(200);
    for (const limit of [1_001, 1e9, -1, 0, "NaN"]) expect((await page(limit)).status).toBe(422);
  },
);

test("a small body that unpacks to a large one is refused packed", async () => {
  const raw = gzipSync(Buffer.alloc(50_000_000, "x"));
  const headers = { "content-encoding": "gzip" };
  expect((await target.send({ method: "POST", path: `${v1}/tags`, raw, headers })).status).toBe(415);
});

test("an unsubscribe with a large body is refused by its size", async () => {
  const seen = await target.send({ method: "POST", path: "/u/x", raw: "x".repeat(100_000) });
  expect([404, 413]).toContain(seen.status);
});
