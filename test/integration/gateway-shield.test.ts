// What stands between a stranger's page, or a stranger's client, and the gateway: forged requests of a signed-in browser,
// foreign origins, headers of every kind of answer, what is not published, and bodies without end.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { messageToken } from "../../shared/lib/tokens.ts";
import { type Ask, ownerEmail, password, type Reply, type ServedGateway, serveGateway } from "../helpers/gateway.ts";

const id = "01990000-0000-7000-8000-000000000001";
const keys = ["k".repeat(40)];
const folder = mkdtempSync(join(tmpdir(), "lc-web-"));
const permitted = "https://app.example.org";
/** Also one with a port, and one in another script as browsers send it. */
const origins = new Set([permitted, "https://app.example.org:8443", "https://xn--mnchen-3ya.example"]);
let gateway: ServedGateway;
/** Actions that no route leads to, and that a request reached after all. */
const reached: string[] = [];
let session: { cookie: string; "x-csrf-token": string };

beforeAll(async () => {
  mkdirSync(join(folder, "assets"));
  writeFileSync(join(folder, "index.html"), "<!doctype html><title>app</title>");
  writeFileSync(join(folder, "assets", "app-1234.js"), "export {};");
  gateway = await serveGateway({
    limits: { checkEveryMs: 50 },
    settings: {
      ...{ secretKeys: keys, webFolder: folder, trustedProxies: 1, origins },
      ...{ jsonLimit: 10_000, uploadLimit: 50_000, bodyRestMs: 200, debug: true },
    },
    fakes: {
      "contacts.list": () => ({ data: [], nextCursor: null }),
      "contacts.create": (params) => ({ id, ...params }),
      "contacts.get": () => {
        throw new Error("unforeseen");
      },
      "messages.track": () => ({ messageId: id, location: null, address: "ada@example.org", unsubscribed: false }),
      "sandbox.getMail": () => ({ id: "1", html: "<script>1</script>" }),
      "imports.errorsCsv": () => "row\r\n",
      "imports.begin": () => reached.push("begin"),
      "imports.storeChunk": () => reached.push("storeChunk"),
      "messages.unsubscribe": () => reached.push("unsubscribe"),
      "sandbox.endpoint": () => reached.push("endpoint"),
      "email.status": () => reached.push("status"),
    },
  });
  session = await gateway.signIn();
});
afterAll(async () => {
  await gateway.close();
  rmSync(folder, { recursive: true, force: true });
});

describe("a forged request", () => {
  const foreign: Record<string, Record<string, string>> = {
    "of another site": { origin: "https://evil.example" },
    "of a page without an origin": { origin: "null" },
    "of a site that ends like ours": { origin: "https://evilapp.example.org" },
    "that only Fetch Metadata gives away": { "sec-fetch-site": "cross-site" },
    "of a sibling": { "sec-fetch-site": "same-site" },
  };

  it("is refused at every route that changes something, with the cookie and even with the right token", async () => {
    const { publicActions } = await import("../../gateway/operations.ts");
    const through: string[] = [];
    for (const { name, rest, path, contract } of publicActions) {
      if (rest.method === "GET") continue;
      const ask: Ask = { method: rest.method, path: path.replace(/:\w+/g, id) };
      const cases: Record<string, Record<string, string>> = Object.fromEntries(
        Object.entries(foreign).map(([what, headers]) => [what, { ...session, ...headers }]),
      );
      if (contract.permission !== "none") cases["without the token"] = { cookie: session.cookie };
      for (const [what, headers] of Object.entries(cases)) {
        const reply = await gateway.ask({ ...ask, headers });
        if (reply.status !== 403 || reply.json?.code !== "CSRF_FAILED")
          through.push(`${name} ${what}: ${reply.status}`);
      }
    }
    expect(through).toEqual([]);
    // Nothing of all this ended the session.
    expect((await gateway.ask({ path: "/api/v1/auth/me", headers: session })).status).toBe(200);
  });

  it("cannot be made by a form, which sends no JSON, nor by a method that a form may name", async () => {
    const body = JSON.stringify({ email: ownerEmail, password });
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]) {
      const headers = type ? { "content-type": type } : ({} as Record<string, string>);
      const reply = await gateway.ask({ method: "POST", path: "/api/v1/auth/login", headers, body });
      expect([type, reply.status, reply.headers["set-cookie"]]).toEqual([type, 415, undefined]);
    }
    for (const headers of [{ "x-http-method-override": "DELETE" }, { "x-method-override": "DELETE" }]) {
      const path = `/api/v1/contacts?_method=DELETE`;
      const reply = await gateway.ask({ path, headers: { ...session, ...headers } as Record<string, string> });
      expect(reply.status).toBe(422);
    }
  });

  it("cannot sign a browser in as somebody else", async () => {
    for (const headers of Object.values(foreign)) {
      const ask = { method: "POST", path: "/api/v1/auth/login", headers, body: { email: ownerEmail, password } };
      const reply = await gateway.ask(ask);
      expect([reply.status, reply.headers["set-cookie"]]).toEqual([403, undefined]);
    }
    // A client that is no browser says neither.
    const plain = { method: "POST", path: "/api/v1/auth/login", body: { email: ownerEmail, password } };
    expect((await gateway.ask(plain)).status).toBe(200);
  });
});

describe("another origin", () => {
  const from = (origin: string, changes: Partial<Ask> = {}) =>
    gateway.ask({ path: "/api/v1/contacts", ...changes, headers: { ...session, origin, ...changes.headers } });
  const permission = (reply: Reply) =>
    Object.keys(reply.headers).filter((name) => name.startsWith("access-control-")).length > 0;

  it("may read with credentials only when it is written exactly so in LC_WEB_ORIGINS", async () => {
    for (const origin of origins) {
      const reply = await from(origin);
      expect([reply.headers["access-control-allow-origin"], reply.headers.vary]).toEqual([origin, "Origin"]);
      expect(reply.headers["access-control-allow-credentials"]).toBe("true");
    }
    for (const origin of [
      ...["null", "*", "", "https://", "file://", "app.example.org", "//app.example.org"],
      ...["http://app.example.org", "https://app.example.org:443", "https://app.example.org:8444"],
      ...["https://app.example.org.evil.example", "https://evilapp.example.org", "https://sub.app.example.org"],
      ...["https://app.example.or", "https://app.example.org/", "https://app.example.org, https://evil.example"],
      ...["HTTPS://APP.EXAMPLE.ORG", "https://app.example.org.", "https://app.example.org\\@evil.example"],
      // A look-alike in Cyrillic, and the other script unencoded.
      ...["https://xn--pp-6kc.example.org", "https://xn--mnchen-3ya.example.evil.example"],
    ]) {
      const headers = { "access-control-request-method": "POST" };
      for (const changes of [{}, { method: "OPTIONS", headers }]) {
        const reply = await from(origin, changes);
        expect([origin, permission(reply), reply.headers.vary]).toEqual([origin, false, "Origin"]);
      }
    }
  });

  it("asks before it writes, and the answer is kept for ten minutes", async () => {
    const headers = { "access-control-request-method": "PATCH", "access-control-request-headers": "x-csrf-token" };
    const reply = await from(permitted, { method: "OPTIONS", path: `/api/v1/contacts/${id}`, headers });
    expect([reply.status, reply.headers["access-control-max-age"]]).toEqual([204, "600"]);
    expect(reply.headers["access-control-allow-methods"]).toContain("PATCH");
    expect(reply.headers["access-control-allow-headers"]).toContain("X-CSRF-Token");
    expect(reply.headers["access-control-allow-private-network"]).toBeUndefined();
  });

  it("reads errors too, where it is permitted, and never a star", async () => {
    for (const ask of [{ path: "/api/v1/nothing" }, { path: "/api/v1/contacts", headers: { cookie: "" } }]) {
      expect((await from(permitted, ask)).headers["access-control-allow-origin"]).toBe(permitted);
      expect(permission(await from("https://evil.example", ask))).toBe(false);
    }
  });
});

describe("every kind of answer", () => {
  const token = (purpose: "open" | "unsubscribe") => messageToken(keys, purpose, id);
  const nothing = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
  const app =
    /default-src 'self';script-src 'self';script-src-attr 'none';.*object-src 'none';.*frame-ancestors 'none'/;
  const page = /^default-src 'none'; style-src 'self'; img-src 'self'; .*frame-ancestors 'none'$/;
  const kinds: Record<string, readonly [Ask, number, string | RegExp, Record<string, string>?]> = {
    "the web app": [{ path: "/", headers: { accept: "text/html" } }, 200, app],
    "a screen of it": [{ path: "/campaigns", headers: { accept: "text/html" } }, 200, app],
    "a file of it": [{ path: "/assets/app-1234.js" }, 200, app],
    data: [{ path: "/api/v1/contacts" }, 200, nothing],
    "what one may not see": [{ path: "/api/v1/contacts", headers: { cookie: "" } }, 401, nothing],
    "an error that nobody foresaw": [{ path: `/api/v1/contacts/${id}` }, 500, nothing],
    "nothing there": [{ path: "/api/v1/nothing" }, 404, nothing],
    "another method": [{ method: "PUT", path: "/api/v1/contacts" }, 405, nothing],
    "what may be asked": [{ method: "OPTIONS", path: "/api/v1/contacts" }, 204, nothing],
    "a head": [{ method: "HEAD", path: "/api/v1/contacts" }, 200, nothing],
    "a file to keep": [{ path: `/api/v1/imports/${id}/errors.csv` }, 200, nothing],
    "a mail of the sandbox": [{ path: "/sandbox/mail/1" }, 200, nothing],
    "the API's description": [{ path: "/api/openapi.json" }, 200, nothing],
    "its readable page": [{ path: "/api/docs" }, 200, page],
    "the page to unsubscribe": [{ path: `/u/${token("unsubscribe")}` }, 200, page],
    "a link that does not work": [{ path: "/u/made-up" }, 404, page],
    "the open pixel": [{ path: `/t/o/${token("open")}.gif` }, 200, nothing],
    "the version": [{ path: "/version" }, 200, nothing],
    "the debug page": [{ path: "/debug" }, 200, /script-src 'self'/],
  };

  it("carries the headers that protect it, and no more than it needs in its content policy", async () => {
    for (const [what, [ask, status, policy]] of Object.entries(kinds)) {
      const { headers, status: found } = await gateway.ask({ ...ask, headers: { ...session, ...ask.headers } });
      expect([what, found]).toEqual([what, status]);
      const given = String(headers["content-security-policy"]);
      if (typeof policy === "string") expect([what, given]).toEqual([what, policy]);
      else expect(given, what).toMatch(policy);
      expect(given, what).not.toMatch(/unsafe-eval|script-src[^;]*(unsafe-inline|\*|https?:|data:|blob:)/);
      expect([what, headers]).toMatchObject([
        what,
        {
          "x-content-type-options": "nosniff",
          "x-frame-options": "DENY",
          "referrer-policy": "same-origin",
          "cross-origin-opener-policy": "same-origin",
          "cross-origin-resource-policy": what === "the open pixel" ? "cross-origin" : "same-site",
          "permissions-policy": expect.stringContaining("camera=()"),
          "x-request-id": expect.any(String),
        },
      ]);
      for (const name of ["x-powered-by", "server", "strict-transport-security"])
        expect([what, name, headers[name]]).toEqual([what, name, undefined]);
    }
  });

  it("is kept by no cache where it may be about people, and locks TLS in over TLS only", async () => {
    const personal = [
      "data",
      "what one may not see",
      "a file to keep",
      "a mail of the sandbox",
      "the page to unsubscribe",
    ];
    for (const what of personal) {
      const [ask] = kinds[what] as (typeof kinds)[string];
      const { headers } = await gateway.ask({ ...ask, headers: { ...session, ...ask.headers } });
      expect([what, headers["cache-control"]]).toEqual([what, expect.stringContaining("no-store")]);
    }
    const secure = { "x-forwarded-proto": "https", host: "learn.example.org" };
    for (const [ask] of Object.values(kinds)) {
      if (ask.path === "/debug") continue;
      const { headers } = await gateway.ask({ ...ask, headers: { ...ask.headers, ...secure } });
      expect(headers["strict-transport-security"]).toBe("max-age=31536000; includeSubDomains");
    }
  });

  it("keeps them when nothing changed, and when a file is asked for in parts", async () => {
    const first = await gateway.ask({ path: "/assets/app-1234.js" });
    const again = await gateway.ask({
      path: "/assets/app-1234.js",
      headers: { "if-none-match": String(first.headers.etag) },
    });
    const part = await gateway.ask({ path: "/assets/app-1234.js", headers: { range: "bytes=0-1" } });
    expect([again.status, part.status]).toEqual([304, 206]);
    for (const { headers } of [again, part]) {
      expect(headers["content-security-policy"]).toMatch(app);
      expect(headers["x-content-type-options"]).toBe("nosniff");
    }
  });
});

describe("what is not published", () => {
  it("cannot be reached under any spelling of its name", async () => {
    const { contracts } = await import("../../shared/contracts/index.ts");
    const inner = Object.entries(contracts).flatMap(([service, { actions }]) =>
      Object.entries(actions as Record<string, { rest?: unknown }>)
        .filter(([, contract]) => !contract.rest)
        .map(([verb]) => `${service}.${verb}`),
    );
    expect(inner.length).toBeGreaterThan(5);
    const found: string[] = [];
    for (const name of [
      ...inner,
      "$node.list",
      "$node.options",
      "$node.actions",
      "gateway.rest",
      "gateway.listAliases",
    ]) {
      const [service = "", verb = ""] = name.split(".");
      const kebab = verb.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
      for (const path of [name, `${service}/${verb}`, `${service}/${kebab}`, `~${service.slice(1)}/${verb}`])
        for (const base of ["", "/api/v1", "/api", "/rpc"])
          for (const method of ["GET", "POST"]) {
            const headers = { ...session, accept: "application/json" };
            const { status } = await gateway.ask({ method, path: `${base}/${path}`, headers });
            // A name may look like a path with an id in it, which is another action: it says what it takes, or is away here.
            if (![404, 405, 422, 503].includes(status)) found.push(`${method} ${base}/${path}: ${status}`);
          }
    }
    expect(found).toEqual([]);
    expect(reached).toEqual([]);
  });
});

describe("a connection", () => {
  /** Opens one, sends the words and stays silent; answers what came back once the gateway has ended it. */
  const linger = (words: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connect(gateway.port, "127.0.0.1", () => socket.write(words));
      let text = "";
      socket.on("data", (chunk) => (text += chunk));
      socket.on("error", reject);
      socket.on("close", () => resolve(text));
    });

  it("whose headers never end is answered and closed, as is one that says nothing", async () => {
    const usual = gateway.server.headersTimeout;
    gateway.server.headersTimeout = 300;
    try {
      expect(await linger("GET /version HTTP/1.1\r\nhost: x\r\nx-slow: ")).toMatch(/^HTTP\/1.1 408 /);
      expect(await linger("")).toMatch(/^(?:HTTP\/1.1 408 .*)?$/s);
    } finally {
      gateway.server.headersTimeout = usual;
    }
  });

  it("is turned away above the limit, and taken again once one has gone", async () => {
    const { server } = gateway;
    const usual = server.maxConnections;
    server.closeIdleConnections();
    const count = () => new Promise<number>((resolve) => server.getConnections((_, open) => resolve(open)));
    await expect.poll(count, { timeout: 10_000 }).toBe(0);
    server.maxConnections = 1;
    const arrived = new Promise((resolve) => server.once("connection", resolve));
    const first = connect(gateway.port, "127.0.0.1");
    try {
      await arrived;
      expect(await linger("").catch((error: Error & { code?: string }) => error.code)).toMatch(
        /^(?:ECONNRESET|EPIPE)?$/,
      );
      first.destroy();
      await expect.poll(count, { timeout: 10_000 }).toBe(0);
      expect((await gateway.ask({ path: "/version" })).status).toBe(200);
    } finally {
      first.destroy();
      server.maxConnections = usual;
    }
  });
});

describe("a body", () => {
  /** Sends head and body by hand and answers what came back before the connection ended. */
  const raw = (head: string, more?: () => Buffer | undefined): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connect(gateway.port, "127.0.0.1");
      let text = "";
      const send = () => {
        for (let part = more?.(); part; part = more?.())
          if (!socket.write(part)) {
            socket.once("drain", send);
            return;
          }
      };
      socket.on("data", (chunk) => (text += chunk));
      socket.on("error", (error: Error & { code?: string }) =>
        text === "" && error.code !== "EPIPE" ? reject(error) : undefined,
      );
      socket.on("close", () => resolve(text));
      socket.write(head);
      send();
    });
  const head = (path: string, headers: Record<string, string>) =>
    `POST ${path} HTTP/1.1\r\n${Object.entries({ host: `127.0.0.1:${gateway.port}`, ...session, ...headers })
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join("")}\r\n`;
  const json = { "content-type": "application/json" };

  it("that says it is too large is refused before a byte of it was sent, and the connection ends", async () => {
    const size = { "content-length": "2147483649" };
    expect(await raw(head("/api/v1/contacts", { ...json, ...size }))).toMatch(/^HTTP\/1.1 413 /);
    const multipart = { "content-type": "multipart/form-data; boundary=x", ...size };
    expect(await raw(head("/api/v1/imports", multipart))).toMatch(/^HTTP\/1.1 413 /);
    expect(await raw(head("/hooks/email/nobody", { ...json, ...size }))).toMatch(/^HTTP\/1.1 404 /);
  });

  it("without an end does not keep its connection, whatever was answered", async () => {
    const chunk = Buffer.concat([Buffer.from("4000\r\n"), Buffer.alloc(0x4000, "x"), Buffer.from("\r\n")]);
    const chunked = { "transfer-encoding": "chunked" };
    for (const [path, headers, status] of [
      ["/api/v1/contacts", { ...json, ...chunked }, 413],
      ["/api/v1/nothing", { ...json, ...chunked }, 404],
      ["/api/v1/contacts", { ...json, ...chunked, cookie: "" }, 401],
      ["/api/v1/auth/login", { ...json, ...chunked }, 413],
    ] as const)
      expect(await raw(head(path, headers), () => chunk)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  });

  it("that unpacks to more than it seems is not unpacked", async () => {
    for (const encoding of ["gzip", "deflate", "br", "zstd", "gzip, gzip"]) {
      const headers = { ...session, "content-encoding": encoding };
      const ask = { method: "POST", headers, body: "x" };
      expect((await gateway.ask({ ...ask, path: "/api/v1/contacts", headers: { ...headers, ...json } })).status).toBe(
        415,
      );
      const multipart = { ...headers, "content-type": "multipart/form-data; boundary=x" };
      expect((await gateway.ask({ ...ask, path: "/api/v1/imports", headers: multipart })).status).toBe(415);
    }
  });
});
