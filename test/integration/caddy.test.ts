// The web service as it is deployed: the real Caddyfile in a real Caddy, before a real gateway. Every path of the gateway
// gets there, everything else is the web app, and a browser sees one address with one session.
import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { portOwner } from "../../scripts/start/ports.ts";
import { type RunningCaddy, startCaddy } from "../helpers/caddy.ts";
import { type Ask, askPort, ownerEmail, password, type ServedGateway, serveGateway } from "../helpers/gateway.ts";
import { until } from "../helpers/processes.ts";

const page = `<!doctype html><title>The app</title>${"<p>text</p>".repeat(200)}`;
const edge = { host: "learn.test", "x-forwarded-proto": "https", "x-real-ip": "203.0.113.7" };

let gateway: ServedGateway;
let caddy: RunningCaddy | undefined;

beforeAll(async () => {
  gateway = await serveGateway({ settings: { trustedProxies: 1, publicUrl: "https://learn.test" } });
  caddy = await startCaddy(gateway.port, {
    "index.html": page,
    "favicon.svg": "<svg/>",
    "assets/main-abc.js": `console.log(${JSON.stringify("x".repeat(2000))})`,
    ".vite/manifest.json": "{}",
  });
});
afterAll(async () => {
  await caddy?.stop();
  await gateway.close();
});

const through = (what: Ask) => {
  if (!caddy) throw new Error("There is no Caddy here, and it could not be installed");
  return askPort(caddy.port, what);
};

describe("what goes to the gateway", () => {
  test("is every path that it has, and nothing of it is answered by the web app", async () => {
    const { aliases } = gateway.broker.getLocalService("gateway") as unknown as {
      aliases: readonly { method: string; fullPath: string }[];
    };
    expect(aliases.length).toBeGreaterThan(100);
    const { gatewayPaths } = await import("../../gateway/route-table.ts");
    const wanted = new Set([...aliases.map(({ fullPath }) => fullPath), ...gatewayPaths]);
    const astray: string[] = [];
    for (const path of wanted) {
      // Nobody is signed in: the gateway refuses or answers, in its own way each time.
      const { headers, text } = await through({ path: path.replace(/:\w+/g, "x"), headers: edge });
      if (headers["x-request-id"] === undefined && !path.startsWith("/health/")) astray.push(path);
      if (text.includes("The app")) astray.push(path);
    }
    expect(astray).toEqual([]);
  });

  test("carries the address that the edge names, and no other that a client claims", async () => {
    const alone = await startCaddy(gateway.port, {}, { LC_EDGE_RANGES: "192.0.2.1/32" });
    const seenBy = async (port: number | undefined, headers: Record<string, string>) => {
      const body = { email: ownerEmail, password };
      await gateway.sql("delete from accounts.audit_log");
      expect((await askPort(port ?? 0, { method: "POST", path: "/api/v1/auth/login", headers, body })).status).toBe(
        200,
      );
      const rows = () => gateway.sql("select address from accounts.audit_log");
      return (await until("it is written down", async () => (await rows())[0])).address;
    };
    const forged = { "x-forwarded-for": "198.51.100.1, 198.51.100.2" };
    expect(await seenBy(caddy?.port, { ...edge, ...forged })).toBe("203.0.113.7");
    expect(await seenBy(caddy?.port, { host: "localhost", ...forged })).toBe("127.0.0.1");
    // Reached without an edge before it, Caddy believes nobody.
    expect(await seenBy(alone?.port, { ...edge, ...forged, host: "localhost" })).toBe("127.0.0.1");
    expect(await alone?.stop()).toBe(0);
  });

  test("lets a browser sign in with a cookie of this host alone, and write with it", async () => {
    const login = await through({
      method: "POST",
      path: "/api/v1/auth/login",
      headers: { ...edge, origin: "https://learn.test" },
      body: { email: ownerEmail, password },
    });
    expect(login.status).toBe(200);
    const [cookie = ""] = login.headers["set-cookie"] ?? [];
    expect(cookie).toMatch(/^__Host-lc_session=.*; Path=\/; .*HttpOnly; SameSite=Lax; Secure$/);
    expect(login.headers["strict-transport-security"]).toMatch(/max-age=31536000/);
    const signedIn = { ...edge, cookie: cookie.split(";")[0] ?? "" };
    expect((await through({ path: "/api/v1/auth/me", headers: signedIn })).json.user.email).toBe(ownerEmail);
    const write = (headers: Record<string, string>) =>
      through({ method: "POST", path: "/api/v1/auth/logout", headers: { ...signedIn, ...headers }, body: {} });
    expect((await write({ origin: "https://learn.test" })).status).toBe(403);
    const token = String(login.json.csrfToken);
    expect((await write({ origin: "https://evil.test", "x-csrf-token": token })).status).toBe(403);
    expect((await write({ origin: "https://learn.test", "x-csrf-token": token })).status).toBeLessThan(300);
  });

  test("needs no CORS, and gives none to strangers", async () => {
    const { headers } = await through({ path: "/version", headers: { ...edge, origin: "https://evil.test" } });
    expect(headers["access-control-allow-origin"]).toBeUndefined();
  });

  test("is streamed: a live message arrives while the stream is open", async () => {
    const { authorization } = await gateway.token("read");
    await new Promise<void>((resolve, reject) => {
      const opened = request(
        {
          host: "127.0.0.1",
          port: caddy?.port,
          path: "/api/v1/live?topics=campaigns",
          headers: { ...edge, authorization, "accept-encoding": "gzip" },
        },
        (answer) => {
          expect(answer.headers["content-type"]).toMatch(/event-stream/);
          expect(answer.headers["content-encoding"]).toBeUndefined();
          answer.on("error", () => undefined);
          answer.once("data", (first: Buffer) => {
            expect(first.toString()).toContain("retry:");
            opened.destroy();
            resolve();
          });
        },
      );
      opened.on("error", reject);
      opened.end();
    });
  });

  test("is compressed where it is text", async () => {
    const { headers, status } = await through({ path: "/api/docs", headers: { ...edge, "accept-encoding": "gzip" } });
    expect(status).toBe(200);
    expect(headers["content-encoding"]).toBe("gzip");
  });
});

describe("what is the web app's", () => {
  const asPage = { ...edge, accept: "text/html" };

  test("is its page on every path, never cached, with the headers that the gateway gives", async () => {
    const fromGateway = await gateway.ask({ path: "/version", headers: { ...edge, "x-forwarded-for": "203.0.113.7" } });
    const { standingHeaders, tlsHeader } = await import("../../gateway/headers.ts");
    for (const path of ["/", "/contacts", "/campaigns/0190/messages?state=sent"]) {
      const { status, text, headers } = await through({ path, headers: asPage });
      expect({ path, status, text }).toEqual({ path, status: 200, text: page });
      expect(headers["cache-control"]).toBe("no-cache");
      // Of the gateway's answers this one is no page: only the policy of what may be loaded differs.
      for (const [name, value] of [...standingHeaders, tlsHeader])
        expect(headers[name], name).toBe(name === "content-security-policy" ? value : fromGateway.headers[name]);
      expect(headers.server).toBeUndefined();
    }
  });

  test("keeps hashed files for ever, and does not answer with the page for one that is gone", async () => {
    const asset = await through({ path: "/assets/main-abc.js", headers: { ...edge, "accept-encoding": "gzip" } });
    expect(asset.headers["cache-control"]).toBe("public, max-age=31536000, immutable");
    expect(asset.headers["content-type"]).toMatch(/javascript/);
    expect(asset.headers["content-encoding"]).toBe("gzip");
    for (const path of ["/assets/main-old.js", "/nothing.svg", "/.vite/manifest.json", "/assets/"])
      expect({ path, ...(await through({ path, headers: asPage })) }).toMatchObject({ path, status: 404 });
  });

  test("is not sent over plain http with the promise of TLS", async () => {
    const { headers } = await through({ path: "/", headers: { host: "localhost" } });
    expect(headers["strict-transport-security"]).toBeUndefined();
  });
});

test("Caddy listens on PORT alone, over IPv4 and IPv6", async () => {
  if (!caddy) return;
  expect(portOwner(caddy.port)?.pid).toBe(caddy.pid);
  expect(await (await fetch(`http://[::1]:${caddy.port}/health/web`)).json()).toEqual({ status: "live" });
  await expect(fetch("http://127.0.0.1:2019/config/")).rejects.toThrow();
});
