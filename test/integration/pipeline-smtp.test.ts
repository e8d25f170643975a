// SMTP servers that misbehave: odd bytes in answers, connections closed after each mail, refused sign-ins, small limits.
import { afterEach, expect, test } from "vitest";
import type { OutgoingMail } from "../../services/email/providers/provider.ts";
import { createSmtpProvider } from "../../services/email/providers/smtp.ts";
import { query } from "../../shared/db/knex.ts";
import { openPipeline } from "../helpers/pipeline.ts";
import { until } from "../helpers/processes.ts";
import { type Script, scriptedSmtp } from "../helpers/scripted-smtp.ts";

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});
const scripted = async (script: Script = () => undefined) => {
  const server = await scriptedSmtp(script);
  closers.push(server.close);
  return server;
};
const provider = (url: string, answerMs = 2_000) => {
  const made = createSmtpProvider({ name: "scripted", connections: 4, answerMs, url: async () => url });
  closers.push(() => made.close());
  return made;
};
const mail = (to = "a@example.org", raw = Buffer.from("Subject: x\r\n\r\nx\r\n")): OutgoingMail => ({
  envelope: { from: "us@example.org", to },
  key: "k",
  deadline: Number.POSITIVE_INFINITY,
  raw: () => raw,
  parts: () => {
    throw new Error("SMTP takes the whole mail");
  },
});

test("an answer with a NUL byte, or cut within a character, keeps no outcome from being written", async () => {
  const p = await openPipeline();
  closers.push(() => p.close());
  const smiles = `550 5.1.1 ${"x".repeat(489)}😀😀`;
  const server = await scripted(({ line }) => {
    if (line.includes("person1@")) return Buffer.from("550 5.1.1 no\0such\0user");
    if (line.includes("person2@")) return smiles;
    if (line.includes("person3@")) return "451 4.3.0 la\0ter";
    return undefined;
  });
  await p.people(8);
  p.sender({ smtpUrls: [server.url], policy: { maxAttempts: 1, backoffMs: () => 50 } });
  const id = await p.launch();
  expect(await p.finished(id)).toBe("completed");
  expect((await p.stats(id)).states).toMatchObject({ accepted: 5, bounced: 2, failed: 1 });
  const rows = await query<{ detail: string }>(
    p.db,
    "select detail from messaging.messages where phase = 2 order by address",
  );
  expect(rows[0]?.detail).toBe("550 5.1.1 nosuchuser");
  expect(rows[1]?.detail.isWellFormed()).toBe(true);
});

test("a mail whose lease has run down while the server was reached is not sent, and the connection serves the next", async () => {
  const server = await scripted();
  const smtp = provider(server.url);
  // Less than the two seconds that a hand-over must have left.
  expect(await smtp.send({ ...mail(), deadline: performance.now() + 1_900 })).toMatchObject({ kind: "not_sent" });
  expect(server.taken).toEqual([]);
  expect(await smtp.send(mail())).toMatchObject({ kind: "accepted" });
  expect(server.open()).toBe(1);
});

test("a mail whose lease has run down before the server was ready for it never leaves", async () => {
  let runsDown = Number.NEGATIVE_INFINITY;
  const server = await scripted(({ line }) => {
    // Nothing in this process moves on, as in one that is frozen, until the two seconds have begun.
    if (line.startsWith("RCPT")) while (performance.now() < runsDown);
    return undefined;
  });
  const smtp = provider(server.url);
  expect(await smtp.send(mail())).toMatchObject({ kind: "accepted" });
  runsDown = performance.now() + 300;
  expect(await smtp.send({ ...mail(), deadline: runsDown + 2_000 })).toMatchObject({ kind: "not_sent" });
  expect(await smtp.send(mail())).toMatchObject({ kind: "accepted" });
  expect(server.taken).toHaveLength(2);
});

test("a server that closes after each mail costs no message an attempt", async () => {
  const server = await scripted(({ line, socket }) => {
    if (line === "body") setImmediate(() => socket.end());
    return undefined;
  });
  const smtp = provider(server.url);
  for (let i = 0; i < 10; i++) expect(await smtp.send(mail(`p${i}@example.org`))).toMatchObject({ kind: "accepted" });
  expect(server.taken).toHaveLength(10);
});

test("a server that ends a connection with 421 after some mails holds nobody up", async () => {
  const server = await scripted(({ line, mails }) =>
    line.startsWith("MAIL") && mails > 1 ? "421 4.7.0 enough mails on this connection" : undefined,
  );
  const smtp = provider(server.url);
  for (let i = 0; i < 7; i++) expect(await smtp.send(mail(`p${i}@example.org`))).toMatchObject({ kind: "accepted" });
});

test("a server that answers 421 on a new connection too is waited for", async () => {
  const server = await scripted(({ line }) => (line.startsWith("MAIL") ? "421 4.7.0 later" : undefined));
  expect(await provider(server.url).send(mail())).toMatchObject({ kind: "throttled" });
});

test("a server that breaks off before each answer is not asked for ever", async () => {
  let commands = 0;
  const server = await scripted(({ line, mails, socket }) => {
    if (line.startsWith("MAIL") && (mails > 0 || commands > 0)) {
      commands++;
      socket.destroy();
    }
    return undefined;
  });
  const smtp = provider(server.url);
  expect(await smtp.send(mail())).toMatchObject({ kind: "accepted" });
  commands = 1;
  expect(await smtp.send(mail())).toMatchObject({ kind: "transient" });
  expect(commands).toBe(3);
});

test("a connection that broke after the body began is not tried again", async () => {
  const server = await scripted(({ line, mails, socket }) => {
    if (line === "body" && mails > 0) socket.destroy();
    return undefined;
  });
  const smtp = provider(server.url);
  expect(await smtp.send(mail())).toMatchObject({ kind: "accepted" });
  expect(await smtp.send(mail("b@example.org"))).toMatchObject({ kind: "unknown" });
  expect(server.taken).toHaveLength(2);
});

test("a refused sign-in waits and leaves no connection open", async () => {
  const server = await scripted(({ line }) => (line.startsWith("AUTH") ? "535 5.7.8 wrong" : undefined));
  const smtp = provider(server.url.replace("//", "//user:secret@"), 30_000);
  for (let i = 0; i < 5; i++) expect(await smtp.send(mail())).toMatchObject({ kind: "throttled" });
  // Sooner than a connection is given up by itself.
  await until("no connection is open", () => server.open() === 0, { timeoutMs: 15_000 });
});

test("a mail above the server's limit is refused at once instead of being tried again", async () => {
  const server = await scripted();
  const smtp = provider(server.url);
  expect(await smtp.send(mail("a@example.org", Buffer.alloc(1_000_001, 0x61)))).toMatchObject({
    kind: "rejected",
    suppress: false,
  });
  expect(await smtp.send(mail())).toMatchObject({ kind: "accepted" });
});

test("an address outside ASCII is refused, not condemned, where the server cannot take it", async () => {
  const server = await scripted(({ line }) => (/[^\x20-\x7e]/.test(line) && line !== "body" ? "553 bad" : undefined));
  expect(await provider(server.url).send(mail("jörg@example.org"))).toMatchObject({
    kind: "rejected",
    suppress: false,
    detail: expect.stringContaining("SMTPUTF8"),
  });
});
