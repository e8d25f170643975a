// The sandbox's mailbox over real SMTP: what was taken can be read again, page by page, and found by recipient or word.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTransport, type SendMailOptions } from "nodemailer";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { getMail } from "../../services/sandbox/get-mail.ts";
import { listMail } from "../../services/sandbox/list-mail.ts";
import { type MailServer, openMailServer } from "../../services/sandbox/mail-server.ts";
import { openMailStore } from "../../services/sandbox/mail-store.ts";
import type { Caller } from "../../shared/broker/context.ts";
import type { Ability } from "../../shared/contracts/accounts.ts";
import { sandbox } from "../../shared/contracts/sandbox.ts";
import { systemClock } from "../../shared/lib/clock.ts";

let folder: string;
let server: MailServer;

const start = () =>
  openMailServer({ folder, clock: systemClock, random: Math.random, onError: (error) => expect.fail(error.message) });

const send = async (...mails: SendMailOptions[]) => {
  const { host, port } = server.smtp;
  const transport = createTransport({ host, port, ignoreTLS: true, pool: true, maxConnections: 1 });
  try {
    for (const mail of mails) await transport.sendMail({ from: "School <school@example.org>", ...mail });
  } finally {
    transport.close();
  }
};

const list = (params: Record<string, unknown> = {}) => listMail(server, sandbox.actions.listMail.params.parse(params));

const subjects = async (params: Record<string, unknown>) => (await list(params)).data.map((mail) => mail.subject);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lc-sandbox-"));
  server = await start();
});

afterEach(async () => {
  await server.stop();
  await rm(folder, { recursive: true });
});

describe("the sandbox mailbox", () => {
  it("shows a mail with its texts decoded and its headers as they were sent", async () => {
    await send({
      to: "Zoë Müller <zoe@example.org>",
      subject: "Grüße an Zoë über einen Kurs, der so lang heißt, dass der Betreff gefaltet werden muss",
      html: "<p>Käse für Zoë</p>",
      text: "Käse für Zoë, als Text",
      headers: {
        "List-Unsubscribe": "<https://example.org/u/abc>, <mailto:stop@example.org>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
      },
    });
    const { data, total, nextCursor } = await list();
    expect({ total, nextCursor }).toEqual({ total: 1, nextCursor: null });
    expect(data[0]).toMatchObject({
      id: "1",
      to: "zoe@example.org",
      from: "school@example.org",
      subject: "Grüße an Zoë über einen Kurs, der so lang heißt, dass der Betreff gefaltet werden muss",
      html: "<p>Käse für Zoë</p>",
    });
    expect(data[0]?.text.trim()).toBe("Käse für Zoë, als Text");
    expect(data[0]?.headers["list-unsubscribe"]).toBe("<https://example.org/u/abc>, <mailto:stop@example.org>");
    expect(data[0]?.headers["list-unsubscribe-post"]).toBe("List-Unsubscribe=One-Click");
    expect(data[0]?.headers["message-id"]).toMatch(/^<.+@.+>$/);
    expect(sandbox.actions.listMail.result.safeParse({ data, total, nextCursor }).success).toBe(true);
  });

  it("shows what a mail with a key to an account says to people with the ability admin alone", async () => {
    await send({
      to: "owner@example.org",
      subject: "Choose a new password",
      html: "<p>https://example.org/reset/key-of-the-owner</p>",
      text: "https://example.org/reset/key-of-the-owner",
      headers: { "X-LC-Confidential": "account" },
    });
    await send({ to: "owner@example.org", subject: "News", text: "for everybody" });
    const as = (...abilities: Ability[]): Caller => ({ userId: "1", email: "x@y.example", role: "owner", abilities });
    const params = sandbox.actions.listMail.params.parse({});
    const viewer = as("read", "write", "send");
    const seen = JSON.stringify([await listMail(server, params, viewer), await getMail(server, { id: "1" }, viewer)]);
    expect(seen).toContain("Choose a new password");
    expect(seen).toContain("ability admin");
    expect(seen).toContain("for everybody");
    expect(seen).not.toContain("key-of-the-owner");
    const admin = as("read", "admin");
    expect((await listMail(server, params, admin)).data[0]?.text).toContain("key-of-the-owner");
    expect((await getMail(server, { id: "1" }, admin)).raw).toContain("key-of-the-owner");
  });

  it("names all recipients of a mail and finds it by each of them in any case", async () => {
    await send({ to: ["a@example.org", "B@Example.org"], subject: "both" }, { to: "c@example.org", subject: "other" });
    expect((await list()).data[0]?.to).toEqual(["a@example.org", "B@example.org"]);
    expect(await subjects({ to: "A@EXAMPLE.org" })).toEqual(["both"]);
    expect(await subjects({ to: "b@example.org" })).toEqual(["both"]);
    expect(await subjects({ to: "example.org" })).toEqual([]);
  });

  it("gives every mail once over pages in order of arrival, and backwards with order=desc", async () => {
    await send(...Array.from({ length: 7 }, (_, i) => ({ to: `p${i}@example.org`, subject: `mail ${i}` })));
    for (const order of ["asc", "desc"]) {
      const seen: string[] = [];
      let cursor: string | null | undefined;
      do {
        const page = await list({ limit: 3, order, ...(cursor ? { cursor } : {}) });
        expect(page.total).toBe(7);
        seen.push(...page.data.map((mail) => mail.subject));
        cursor = page.nextCursor;
      } while (cursor);
      const inOrder = Array.from({ length: 7 }, (_, i) => `mail ${i}`);
      expect(seen).toEqual(order === "asc" ? inOrder : inOrder.reverse());
    }
  });

  it("pages through what a filter leaves", async () => {
    await send(
      ...Array.from({ length: 6 }, (_, i) => ({ to: "me@example.org", subject: i % 2 ? `Größe ${i}` : `x ${i}` })),
    );
    const first = await list({ q: "grösse", limit: 2 });
    expect(first.total).toBe(0);
    const page = await list({ q: "GRÖßE", limit: 2 });
    expect(page).toMatchObject({ total: 3, nextCursor: "4" });
    expect(await subjects({ q: "größe", limit: 2, cursor: page.nextCursor })).toEqual(["Größe 5"]);
    expect(await subjects({ to: "me@example.org", limit: 2, order: "desc", cursor: "5" })).toEqual(["Größe 3", "x 2"]);
  });

  it("refuses a cursor that no page gave out", async () => {
    await expect(list({ cursor: "soon" })).rejects.toMatchObject({ type: "CURSOR_INVALID", code: 422 });
  });

  it("shows one mail with its source, and says so when there is none", async () => {
    await send({ to: "a@example.org", subject: "hello", text: "body" });
    const mail = await getMail(server, { id: "1" });
    expect(mail.raw).toContain("Subject: hello\r\n");
    expect(mail.size).toBe(Buffer.byteLength(mail.raw));
    await expect(getMail(server, { id: "2" })).rejects.toMatchObject({ type: "NOT_FOUND" });
  });

  it("keeps lines that begin with a dot and mails without any header", async () => {
    await send({ envelope: { from: "", to: "a@example.org" }, raw: "\r\n.one\r\n..two\r\n" });
    expect((await getMail(server, { id: "1" })).raw).toBe("\r\n.one\r\n..two\r\n");
    expect((await list()).data[0]).toMatchObject({ from: "", subject: "", text: expect.stringContaining(".one") });
  });

  it("takes addresses and headers in UTF-8", async () => {
    await send({ to: "zoë@example.org", subject: "hi" });
    expect((await list({ to: "ZOË@example.org" })).data[0]?.to).toBe("zoë@example.org");
  });

  it("refuses a mail larger than 30 MB and takes the next one", async () => {
    const large = Buffer.alloc(31 * 1024 * 1024, "0123456789abcdef\r\n");
    await expect(send({ envelope: { from: "a@b.example", to: "c@example.org" }, raw: large })).rejects.toMatchObject({
      responseCode: 552,
    });
    await send({ to: "a@example.org", subject: "small" });
    expect(await subjects({})).toEqual(["small"]);
  });

  it("is empty after clearing, and never uses a number twice", async () => {
    await send({ to: "a@example.org", subject: "old" });
    await server.store.clear();
    expect(await list()).toEqual({ data: [], total: 0, nextCursor: null });
    await send({ to: "a@example.org", subject: "new" });
    expect((await list()).data).toMatchObject([{ id: "2", subject: "new" }]);
    await server.stop();
    server = await start();
    expect((await list({ to: "a@example.org" })).data).toMatchObject([{ id: "2", subject: "new" }]);
  });

  it("has its mails and its port again after a restart", async () => {
    await send({ to: "a@example.org", subject: "one" }, { to: "b@example.org", subject: "two" });
    const { port } = server.smtp;
    await server.stop();
    server = await start();
    expect(server.smtp.port).toBe(port);
    await send({ to: "a@example.org", subject: "three" });
    expect(await subjects({})).toEqual(["one", "two", "three"]);
    expect(await subjects({ to: "a@example.org" })).toEqual(["one", "three"]);
  });

  it("goes on in a new segment file when one is full", async () => {
    const store = await openMailStore({ folder: join(folder, "small"), clock: systemClock, segmentBytes: 1000 });
    const raw = Buffer.from(`Subject: s\r\n\r\n${"x".repeat(400)}`);
    for (let i = 0; i < 7; i++) await store.append({ from: "", to: [`p${i}@example.org`], subject: "s", raw });
    const segments = new Set((await store.index().range(0, 7)).map((entry) => entry.segment));
    expect(segments.size).toBeGreaterThan(2);
    const { data } = await listMail({ store }, { limit: 10, order: "asc" });
    expect(data.map((mail) => mail.text)).toEqual(Array(7).fill("x".repeat(400)));
    await store.close();
  });
});
