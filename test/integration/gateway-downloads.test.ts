// Files that the gateway sends piece by piece: CSV of any size, and the data of one person.
import { request } from "node:http";
import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ServedGateway, serveGateway } from "../helpers/gateway.ts";

let gateway: ServedGateway;
let headers: { authorization: string };
let last = 99;
let breakAt = Number.POSITIVE_INFINITY;
const asked: unknown[] = [];

beforeAll(async () => {
  gateway = await serveGateway({
    fakes: {
      "messages.csv": (params) => {
        asked.push(params);
        const piece = Number(params["cursor"] ?? 0);
        if (piece >= breakAt) throw Object.assign(new Error("away"), { type: "SERVICE_UNAVAILABLE", code: 503 });
        return { csv: `${"x".repeat(100_000)}${piece}\r\n`, nextCursor: piece < last ? String(piece + 1) : null };
      },
      "bulk.file": () => ({ chunks: 30, bytes: 30_000_000 }),
      "bulk.fileChunk": () => ({ text: "y".repeat(1_000_000) }),
      "contacts.export": ({ id }) => ({ contact: { id, firstName: "Zoë" } }),
    },
  });
  headers = await gateway.token("read");
});
afterAll(() => gateway.close());

test("a CSV file arrives whole, with its name and the filters of the request", async () => {
  breakAt = Number.POSITIVE_INFINITY;
  const reply = await gateway.ask({ path: "/api/v1/messages.csv?state=bounced", headers });
  expect(reply.status).toBe(200);
  expect(reply.headers).toMatchObject({
    "content-type": "text/csv; charset=utf-8",
    "content-disposition": 'attachment; filename="messages.csv"',
    "cache-control": "no-store",
  });
  expect(
    reply.text
      .trimEnd()
      .split("\r\n")
      .map((line) => line.slice(100_000)),
  ).toEqual(Array.from({ length: 100 }, (_, n) => String(n)));
  expect(asked[0]).toEqual({ state: "bounced" });
});

test("what fails before the first piece is a problem, and wrong filters are refused", async () => {
  breakAt = 0;
  expect((await gateway.ask({ path: "/api/v1/messages.csv", headers })).status).toBe(503);
  const refused = await gateway.ask({ path: "/api/v1/messages.csv?state=lost", headers });
  expect([refused.status, refused.json.errors[0].path]).toEqual([422, "state"]);
  expect((await gateway.ask({ path: "/api/v1/messages.csv" })).status).toBe(401);
});

test("a file that breaks off half-way does not look like a whole one", async () => {
  breakAt = 3;
  await expect(gateway.ask({ path: "/api/v1/messages.csv", headers })).rejects.toThrow(
    /aborted|ECONNRESET|socket hang up/,
  );
});

test("a reader who goes away ends the work", async () => {
  breakAt = Number.POSITIVE_INFINITY;
  asked.length = 0;
  await new Promise<void>((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port: gateway.port, path: "/api/v1/messages.csv", headers }, (res) => {
      res.once("data", () => {
        res.destroy();
        resolve();
      });
    });
    sent.on("error", reject);
    sent.end();
  });
  const after = await gateway.ask({ path: "/api/v1/auth/me", headers });
  expect(after.status).toBe(200);
  expect(asked.length).toBeLessThan(100);
});

test("a reader who stays and reads nothing is let go, and the work ends", async () => {
  last = 1_000_000;
  const usual = gateway.server.timeout;
  // Longer than the longest action: what is still being worked out is no silence.
  expect(usual).toBeGreaterThan(60_000);
  gateway.server.timeout = 300;
  const socket = connect(gateway.port, "127.0.0.1").pause();
  try {
    const arrived = new Promise<Socket>((resolve) => gateway.server.once("connection", resolve));
    const head = `host: 127.0.0.1:${gateway.port}\r\nauthorization: ${headers.authorization}`;
    socket.write(`GET /api/v1/messages.csv HTTP/1.1\r\n${head}\r\n\r\n`);
    const theirs = await arrived;
    await expect.poll(() => theirs.destroyed, { timeout: 20_000 }).toBe(true);
    expect(theirs.bytesWritten).toBeGreaterThan(0);
  } finally {
    gateway.server.timeout = usual;
    last = 99;
    socket.destroy();
  }
});

test("an export leaves no listeners behind on the way, however often its reader is slower", async () => {
  const warnings: string[] = [];
  const onWarning = ({ name }: Error) => warnings.push(name);
  process.on("warning", onWarning);
  const id = "01990000-0000-7000-8000-000000000001";
  const reply = await gateway.ask({
    path: `/api/v1/bulk-acts/${id}/file.csv`,
    headers: await gateway.token("read", "write"),
  });
  process.off("warning", onWarning);
  expect([reply.status, reply.text.length, warnings]).toEqual([200, 30_000_000, []]);
});

test("the data of a person is a file of JSON", async () => {
  const id = "01990000-0000-7000-8000-000000000001";
  const reply = await gateway.ask({ path: `/api/v1/contacts/${id}/export`, headers });
  expect(reply.headers["content-disposition"]).toBe(`attachment; filename="contact-${id}.json"`);
  expect(reply.json).toEqual({ contact: { id, firstName: "Zoë" } });
});
