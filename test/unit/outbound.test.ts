// The guard of requests to addresses that somebody else chose, against a real DNS server and real receivers on loopback:
// what may be called, that a name is looked up once, and that the answer's size, time and redirects are bounded.
import { Resolver } from "node:dns/promises";
import { createServer, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { callOutside, OutboundFailed, type OutboundRequest } from "../../shared/outbound/call.ts";
import { isPublicAddress } from "../../shared/outbound/public-address.ts";
import { refuseTarget } from "../../shared/outbound/target.ts";
import { type DnsServer, startDns } from "../helpers/dns-server.ts";
import { selfSigned } from "../helpers/self-signed.ts";

describe("an address is public only when the whole internet reaches it:", () => {
  test.each(["93.184.216.34", "1.1.1.1", "2606:2800:220:1:248:1893:25c8:1946", "2a00:1450:4001:80b::200e"])(
    "%s may be called",
    (address) => expect(isPublicAddress(address)).toBe(true),
  );

  test.each([
    ["this network", ["0.0.0.0", "0.1.2.3", "::"]],
    ["loopback", ["127.0.0.1", "127.255.255.254", "::1"]],
    ["private", ["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "fc00::1", "fd12:3456::1"]],
    ["link-local", ["169.254.1.1", "fe80::1", "fe80::1%eth0", "fec0::1"]],
    ["carrier-grade", ["100.64.0.1", "100.127.255.255"]],
    ["metadata of clouds", ["169.254.169.254", "fd00:ec2::254", "100.100.100.200", "192.0.0.192"]],
    ["multicast and broadcast", ["224.0.0.1", "239.255.255.255", "255.255.255.255", "ff02::1"]],
    [
      "reserved and for documentation",
      ["240.0.0.1", "192.0.2.1", "198.18.0.1", "203.0.113.7", "2001:db8::1", "100::1"],
    ],
    ["IPv4 mapped into IPv6", ["::ffff:10.0.0.1", "::ffff:8.8.8.8", "::ffff:7f00:1", "::7f00:1", "::127.0.0.1"]],
    ["NAT64", ["64:ff9b::10.0.0.1", "64:ff9b::808:808", "64:ff9b:1::1"]],
    ["6to4 and Teredo", ["2002:a00:1::", "2002:7f00:1::1", "2001:0:4136:e378::1"]],
    ["not given to anybody yet", ["4000::1", "1::1", "3fff::1"]],
    ["other spellings", ["127.1", "0x7f000001", "2130706433", "0177.0.0.1", "", "example.org"]],
  ])("%s may not", (_, addresses) => {
    for (const address of addresses) expect([address, isPublicAddress(address)]).toEqual([address, false]);
  });
});

describe("a URL is refused before anything is looked up:", () => {
  test.each([
    ["http://hooks.example.org/alerts", /https/],
    ["https://user:secret@hooks.example.org", /password/],
    ["https://10.1.2.3/", /private/],
    ["https://[fd00::1]/", /private/],
    ["https://[::ffff:10.0.0.1]/", /private/],
    ["https://169.254.169.254/latest/meta-data", /private/],
    ["https://0x7f000001/", /this machine/],
    ["https://2130706433/", /this machine/],
    ["https://0177.0.0.1/", /this machine/],
    ["https://127.1/", /this machine/],
    ["https://0x0a.1/", /private/],
    ["https://１０.0.0.1/", /private/],
    ["https://localhost./", /this machine/],
    ["https://app.localhost/", /this machine/],
    ["https://[::1]:4000/x", /this machine/],
    ["https://intranet/", /inside/],
    ["https://redis.railway.internal:6379/", /inside/],
    ["https://metadata.google.internal/", /inside/],
    ["https://METADATA.google.internal./", /inside/],
    ["https://printer.local/", /inside/],
    ["ftp://example.org", /expected an address/],
    ["file:///etc/passwd", /expected an address/],
    ["gopher://example.org/", /expected an address/],
    ["nonsense", /expected an address/],
  ])("%s", (url, why) => {
    expect(refuseTarget(url)).toMatch(why);
  });

  test("what is public passes; loopback passes only where it was asked for", () => {
    expect(refuseTarget("https://hooks.example.org/alerts")).toBeUndefined();
    for (const url of ["http://127.0.0.1:4000/x", "http://localhost:4000/x", "http://[::1]:4000/x"]) {
      expect(refuseTarget(url)).toMatch(/this machine/);
      expect(refuseTarget(url, { loopback: true })).toBeUndefined();
    }
    for (const url of ["http://10.0.0.1/", "https://10.0.0.1/", "https://db.railway.internal/", "http://example.org/"])
      expect(refuseTarget(url, { loopback: true })).toBeDefined();
  });
});

describe("a call", () => {
  const { key, cert } = selfSigned("hooks.example.org");
  let dns: DnsServer;
  let resolver: Resolver;
  let tls: Server;
  let plain: Server;
  let seen: string[] = [];
  let answer: (
    path: string,
  ) => { status?: number; headers?: Record<string, string>; body?: string } | "silent" | "flood";
  const portOf = (server: Server) => (server.address() as AddressInfo).port;
  const resolve = (host: string) => resolver.resolve4(host);
  const base = (): Partial<OutboundRequest> => ({
    resolve,
    ca: cert,
    timeoutMs: 5_000,
    maxBytes: 1_000,
    loopback: true,
  });
  const call = (url: string, changes: Partial<OutboundRequest> = {}) =>
    callOutside(url, { ...base(), ...changes } as OutboundRequest);

  beforeAll(async () => {
    dns = await startDns();
    resolver = new Resolver({ timeout: 2_000, tries: 1 });
    resolver.setServers([dns.address]);
    const handler: Parameters<typeof createServer>[1] = (req, res) => {
      seen.push(`${req.socket.localAddress} ${req.method} ${req.headers.host} ${req.url}`);
      const what = answer(req.url ?? "");
      if (what === "silent") return;
      if (what === "flood") {
        res.writeHead(200);
        const more = () => {
          while (!res.destroyed && res.write("x".repeat(16_384)));
        };
        res.on("drain", more);
        more();
        return;
      }
      res.writeHead(what.status ?? 200, what.headers).end(what.body ?? "");
    };
    tls = createTlsServer({ key, cert }, handler as never) as unknown as Server;
    plain = createServer(handler);
    // Every address of 127.0.0.0/8, so that it shows which one was connected to.
    for (const server of [tls, plain]) await new Promise<void>((done) => server.listen(0, "0.0.0.0", done));
  });
  afterAll(async () => {
    for (const server of [tls, plain]) {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    }
    await dns.stop();
  });
  beforeEach(() => {
    seen = [];
    dns.asked.length = 0;
    answer = () => ({ body: "yes" });
  });

  test("goes over TLS to the name's address, with the name checked against the certificate", async () => {
    dns.set({ "hooks.example.org": { a: ["127.0.0.1"] }, "other.example.org": { a: ["127.0.0.1"] } });
    const reply = await call(`https://hooks.example.org:${portOf(tls)}/alerts?x=1`);
    expect([reply.status, reply.body.toString()]).toEqual([200, "yes"]);
    expect(seen).toEqual([`127.0.0.1 GET hooks.example.org:${portOf(tls)} /alerts?x=1`]);
    await expect(call(`https://other.example.org:${portOf(tls)}/`)).rejects.toThrow("ERR_TLS_CERT_ALTNAME_INVALID");
    await expect(call(`https://hooks.example.org:${portOf(tls)}/`, { ca: selfSigned("x").cert })).rejects.toThrow(
      OutboundFailed,
    );
    expect(seen).toHaveLength(1);
  });

  test("to a name that leads inside is not made, also when only one of its addresses does", async () => {
    for (const a of [
      ["10.0.0.5"],
      ["127.0.0.1"],
      ["93.184.216.34", "169.254.169.254"],
      ["93.184.216.34", "127.0.0.1"],
    ]) {
      dns.set({ "hooks.example.org": { a } });
      const refused = await call(`https://hooks.example.org:${portOf(tls)}/`, { loopback: false }).catch(
        (e: Error) => e,
      );
      expect(refused).toBeInstanceOf(OutboundFailed);
      expect((refused as Error).message).toBe("hooks.example.org leads to a private address; expected a public one");
    }
    expect(seen).toEqual([]);
  });

  test("looks a name up once and goes to what was checked, whatever the name says a moment later", async () => {
    dns.set({ "hooks.example.org": { a: ["127.0.0.2"] } });
    const rebinding = async (host: string) => {
      const found = await resolve(host);
      dns.set({ "hooks.example.org": { a: ["127.0.0.1"] } });
      return found;
    };
    await call(`https://hooks.example.org:${portOf(tls)}/`, { resolve: rebinding });
    expect(seen).toEqual([`127.0.0.2 GET hooks.example.org:${portOf(tls)} /`]);
    expect(dns.asked).toEqual(["hooks.example.org"]);
  });

  test("follows no redirect: it is the answer", async () => {
    answer = () => ({ status: 302, headers: { location: `http://127.0.0.1:${portOf(plain)}/inside` } });
    const reply = await call(`http://127.0.0.1:${portOf(plain)}/start`);
    expect(reply.status).toBe(302);
    expect(seen.map((line) => line.split(" ").at(-1))).toEqual(["/start"]);
  });

  test("ends when the answer is too large or too late, and never keeps what it threw away", async () => {
    const url = `http://127.0.0.1:${portOf(plain)}/`;
    answer = () => "flood";
    await expect(call(url)).rejects.toThrow("The answer is larger than 1000 bytes");
    expect(await call(url, { maxBytes: 0 })).toMatchObject({ status: 200, body: Buffer.alloc(0) });
    answer = () => "silent";
    await expect(call(url, { timeoutMs: 150 })).rejects.toThrow("No answer within 0.15 s");
    dns.set({ "hooks.example.org": { fails: "silent" } });
    await expect(call("https://hooks.example.org/", { timeoutMs: 150 })).rejects.toThrow("No answer within 0.15 s");
    const ended = AbortSignal.abort();
    await expect(call(url, { signal: ended })).rejects.toThrow(OutboundFailed);
  });

  test("says what failed without addresses from inside", async () => {
    dns.set({ "hooks.example.org": { a: ["127.0.0.1"] } });
    const closed = createServer();
    await new Promise<void>((done) => closed.listen(0, "127.0.0.1", done));
    const port = portOf(closed);
    await new Promise((done) => closed.close(done));
    await expect(call(`https://hooks.example.org:${port}/`)).rejects.toThrow(
      /^The connection failed \(ECONNREFUSED\)$/,
    );
    await expect(call("https://nowhere.example.org/")).rejects.toThrow("The name cannot be found (ENOTFOUND)");
  });
});
