// What recipients and browsers reach without signing in: tracking, unsubscribing, the web app, the API's description.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { messageToken } from "../../shared/lib/tokens.ts";
import { type ServedGateway, serveGateway } from "../helpers/gateway.ts";

const id = "01990000-0000-7000-8000-000000000001";
const keys = ["k".repeat(40)];
const folder = mkdtempSync(join(tmpdir(), "lc-web-"));
let gateway: ServedGateway;
let tracked: Record<string, unknown>[] = [];
let unsubscribed: unknown[] = [];
let away = false;
/** Where the stored link leads. */
let destination = "https://example.org/über?a=1&b=2";

beforeAll(async () => {
  gateway = await serveGateway({
    settings: { secretKeys: keys, webFolder: folder },
    fakes: {
      "messages.track": (params) => {
        if (away) throw Object.assign(new Error("away"), { type: "SERVICE_UNAVAILABLE", code: 503 });
        tracked.push(params);
        return {
          messageId: id,
          location: params.purpose === "click" ? destination : null,
          address: "<b>ada</b>@example.org",
          unsubscribed: unsubscribed.length > 0,
        };
      },
      "messages.unsubscribe": ({ token }) => {
        unsubscribed.push(token);
        return { address: "ada@example.org" };
      },
    },
  });
});
afterAll(async () => {
  await gateway.close();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => {
  tracked = [];
  unsubscribed = [];
  away = false;
});

describe("the open pixel", () => {
  const path = `/t/o/${messageToken(keys, "open", id)}.gif`;

  it("is a picture and records the open without the address of the reader", async () => {
    const reply = await gateway.ask({ path, headers: { "user-agent": "Mail/1.0" } });
    expect([reply.status, reply.headers["content-type"], reply.headers["cache-control"]]).toEqual([
      200,
      "image/gif",
      "no-store, private",
    ]);
    expect(tracked[0]).toMatchObject({
      purpose: "open",
      userAgent: "Mail/1.0",
      addressHash: expect.stringMatching(/^[\w-]{43}$/),
    });
    expect(JSON.stringify(tracked)).not.toContain("127.0.0.1");
  });

  it("is shown when the record cannot be made, and HEAD records nothing", async () => {
    expect((await gateway.ask({ method: "HEAD", path })).status).toBe(200);
    away = true;
    expect((await gateway.ask({ path })).status).toBe(200);
    expect(tracked).toEqual([]);
  });
});

describe("a tracked link", () => {
  const path = `/t/c/${messageToken(keys, "click", id, 2)}`;

  it("leads to the stored destination", async () => {
    const reply = await gateway.ask({ path });
    expect([reply.status, reply.headers.location]).toEqual([302, "https://example.org/%C3%BCber?a=1&b=2"]);
    expect((await gateway.ask({ method: "HEAD", path })).status).toBe(200);
    expect(tracked).toHaveLength(1);
  });

  it("leads nowhere else, whatever the request asks for, and to nothing but a web address", async () => {
    const asked = "url=https://evil.example&to=https://evil.example&next=//evil.example&u=https://evil.example";
    const reply = await gateway.ask({
      path: `${path}?${asked}`,
      headers: { "x-forwarded-host": "evil.example", referer: "https://evil.example" },
    });
    expect(reply.headers.location).toBe("https://example.org/%C3%BCber?a=1&b=2");
    const stored = destination;
    for (destination of [
      "javascript:alert(1)",
      "data:text/html,x",
      "//evil.example",
      "/inside",
      "ftp://e.org",
      " https://e.org",
    ])
      expect([destination, (await gateway.ask({ path })).status]).toEqual([destination, 404]);
    destination = "https://example.org/a\r\nset-cookie: x=1";
    const split = await gateway.ask({ path });
    expect([split.headers["set-cookie"], split.headers.location]).toEqual([
      undefined,
      "https://example.org/aset-cookie:%20x=1",
    ]);
    destination = stored;
  });

  it("of another purpose, forged or cut, is a 404 that asks no service", async () => {
    const token = messageToken(keys, "click", id, 2);
    const forged = [
      `/t/c/${messageToken(["x".repeat(40)], "click", id)}`,
      `/t/c/${messageToken(keys, "open", id)}`,
      `/t/c/${token.slice(0, -1)}`,
      `/t/c/${token}A`,
      "/t/c/x",
      `/t/o/${token}.gif`,
      `/u/${token}`,
      `/t/c/${token}/more`,
    ];
    for (const wrong of forged) expect([wrong, (await gateway.ask({ path: wrong })).status]).toEqual([wrong, 404]);
    expect(tracked).toEqual([]);
  });

  it("asks to come back when the service is away", async () => {
    away = true;
    const reply = await gateway.ask({ path });
    expect([reply.status, reply.headers["retry-after"], reply.text.includes("away")]).toEqual([503, "5", false]);
  });
});

describe("unsubscribing", () => {
  const path = `/u/${messageToken(keys, "unsubscribe", id)}`;

  it("shows a page with a button and changes nothing on GET", async () => {
    const reply = await gateway.ask({ path });
    expect(reply.status).toBe(200);
    expect(reply.text).toContain(`<form method="post" action="${path}">`);
    expect(reply.text).not.toContain("<b>ada</b>");
    expect(reply.text).not.toMatch(/<script|style=/);
    expect(unsubscribed).toEqual([]);
    expect((await gateway.ask({ path: "/gateway.css" })).headers["content-type"]).toContain("text/css");
  });

  it("acts on POST: one click, the form, from anywhere, without a session", async () => {
    const form = { "content-type": "application/x-www-form-urlencoded" };
    for (const [headers, body] of [
      [form, "List-Unsubscribe=One-Click"],
      [{ ...form, origin: "https://mail.example" }, ""],
      [{ "content-type": "multipart/form-data; boundary=x" }, "--x--"],
    ] as const) {
      const reply = await gateway.ask({ method: "POST", path, headers: headers as Record<string, string>, body });
      expect([reply.status, reply.text.includes("You are unsubscribed")]).toEqual([200, true]);
    }
    expect(unsubscribed).toHaveLength(3);
    expect((await gateway.ask({ path })).text).toContain("You are unsubscribed");
    expect((await gateway.ask({ method: "PUT", path })).status).toBe(405);
  });
});

describe("the web app", () => {
  const page = { accept: "text/html,*/*;q=0.8" };

  it("is a sentence with 503 until it is built, and then every path of it", async () => {
    const before = await gateway.ask({ path: "/", headers: page });
    expect([before.status, before.text.includes("not built yet")]).toEqual([503, true]);
    mkdirSync(join(folder, "assets"));
    writeFileSync(join(folder, "index.html"), "<!doctype html><title>app</title>");
    writeFileSync(join(folder, "assets", "main-abc123.js"), "export {};");
    for (const path of ["/", "/campaigns", "/campaigns/123/report?x=1", "/index.html"]) {
      const reply = await gateway.ask({ path, headers: page });
      expect([path, reply.status, reply.text, reply.headers["cache-control"]]).toEqual([
        path,
        200,
        "<!doctype html><title>app</title>",
        "no-cache",
      ]);
    }
    const asset = await gateway.ask({ path: "/assets/main-abc123.js" });
    expect([asset.status, asset.headers["cache-control"]]).toEqual([200, "public, max-age=31536000, immutable"]);
    expect(asset.headers["content-type"]).toContain("javascript");
    expect((await gateway.ask({ method: "HEAD", path: "/", headers: page })).status).toBe(200);
  });

  it("never answers for the API, for missing files, or with files from elsewhere", async () => {
    for (const path of [
      "/api/v1/campaignz",
      "/api/nothing",
      "/sandbox/nothing",
      "/assets/gone.js",
      "/favicon.ico",
      "/../package.json",
      "/..%2f..%2fpackage.json",
      "/.env",
      "/t/x",
    ]) {
      const reply = await gateway.ask({ path, headers: page });
      expect([path, reply.status]).toEqual([path, 404]);
    }
    expect((await gateway.ask({ method: "POST", path: "/campaigns", headers: page })).status).toBe(404);
    expect((await gateway.ask({ path: "/campaigns", headers: { accept: "application/json" } })).json.code).toBe(
      "NOT_FOUND",
    );
  });
});

describe("the API's description", () => {
  it("is served as data and as a page without scripts", async () => {
    const json = await gateway.ask({ path: "/api/openapi.json" });
    expect(json.json.openapi).toBe("3.1.0");
    const page = await gateway.ask({ path: "/api/docs" });
    expect([page.status, page.text.includes("<script"), page.text.includes('id="CAMPAIGN_NOT_DRAFT"')]).toEqual([
      200,
      false,
      true,
    ]);
    expect((await gateway.ask({ path: "/version" })).json).toMatchObject({
      name: "learning-center-platform",
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
    });
  });
});
