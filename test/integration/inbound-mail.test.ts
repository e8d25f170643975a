// Reports by mail, on a real IMAP server: fetched once whatever happens in between, believed only with the signed return
// path of the mail they are about.
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { createEmailTransport } from "../../services/email/deliver.ts";
import { fetchMail } from "../../services/email/inbound/fetch-mail.ts";
import { type Mailbox, openMailbox } from "../../services/email/inbound/mailbox.ts";
import { processWebhook } from "../../services/email/inbound/process-webhook.ts";
import { createSmtpProvider } from "../../services/email/providers/smtp.ts";
import { query } from "../../shared/db/knex.ts";
import { systemClock } from "../../shared/lib/clock.ts";
import { returnPath } from "../../shared/lib/return-path.ts";
import { runningDispatches } from "../../shared/messaging/dispatches.ts";
import { type ImapServer, startImap } from "../helpers/imap-server.ts";
import { openPipeline, type Pipeline, secretKeys } from "../helpers/pipeline.ts";
import { complaintReport, outOfOffice, type ReportOptions, statusReport } from "../helpers/report-mails.ts";
import { scriptedSmtp } from "../helpers/scripted-smtp.ts";

let imap: ImapServer | undefined;
let p: Pipeline;
let messages: ReadonlyMap<string, string>;
let taken = 0;

beforeAll(async () => {
  imap = await startImap();
  p = await openPipeline();
  await p.people(30);
  p.sender();
  const id = await p.launch();
  await p.finished(id);
  const rows = await query<{ id: string; address: string }>(p.db, "select id, address from messaging.messages");
  messages = new Map(rows.map((row) => [row.address, row.id]));
}, 300_000);
afterAll(async () => {
  await p.close();
  await imap?.stop();
});
beforeEach((context) => {
  if (!imap) context.skip("there is no Dovecot here, and none can be installed");
});

const bounces = "bounces@example.org";
const signal = new AbortController().signal;
const open = () => openMailbox(imap?.url ?? "");
const around = { secretKeys, confirm: () => Promise.reject(new Error("nothing to confirm here")) };

/** A message of the campaign that no other test has, as a report names it. */
const nextMessage = (): ReportOptions & { readonly id: string } => {
  const recipient = `person${++taken}@example.com`;
  const id = messages.get(recipient) ?? "";
  return { id, recipient, returnPath: returnPath(secretKeys, bounces, id), messageId: `<${id}@example.org>` };
};
const apply = async () => {
  for (const { id } of await query<{ id: string }>(
    p.db,
    "select id from messaging.webhook_inbox where state = 'received'",
  ))
    await processWebhook(p.deps, around, { id }, false);
};
const arrive = async (...mails: string[]) => {
  await imap?.deliver(...mails);
  const stored = await fetchMail(p.deps, open, signal);
  await apply();
  return stored;
};
const state = async (id: string) =>
  (
    await query<{ is: string }>(
      p.db,
      "select concat_ws(' ', state, reason) as is from messaging.messages where id = ?",
      [id],
    )
  )[0]?.is;
const suppressed = async (address: string) =>
  (await query<{ reason: string }>(p.db, "select reason from consent.suppressions where address = ?", [address]))[0]
    ?.reason;
const inbox = () =>
  query<{ state: string; error: string | null; body: Buffer | null }>(
    p.db,
    "select state, error, body from messaging.webhook_inbox order by id",
  );

test("a report that the mailbox does not exist suppresses the address before the next campaign", async () => {
  const message = nextMessage();
  expect(await arrive(statusReport(message))).toBe(1);
  expect(await state(message.id)).toBe("bounced hard_bounce");
  expect(await suppressed(message.recipient)).toBe("hard_bounce");
  expect(
    (await query(p.db, "select 1 from messaging.messages where detail like '550 5.1.1%User unknown'")).length,
  ).toBe(1);
  const next = await p.launch();
  await p.finished(next);
  expect((await p.stats(next)).reasons).toEqual({ bounced_before: 1 });
});

test("what the report says decides: full, delayed, forwarded elsewhere, about us, delivered", async () => {
  const full = { ...nextMessage(), status: "4.2.2", diagnostic: "smtp; 452 4.2.2 Mailbox full" };
  const delayed = { ...nextMessage(), action: "delayed", status: "4.4.1", diagnostic: "smtp; 421 try later" };
  const forwarded = nextMessage();
  const blocked = { ...nextMessage(), status: "5.7.1", diagnostic: "smtp; 550 5.7.1 Message looks like spam" };
  const delivered = { ...nextMessage(), action: "delivered", status: "2.0.0", diagnostic: "smtp; 250 ok" };
  const gone = { ...nextMessage(), status: "5.4.4", diagnostic: "X-Postfix; Host or domain name not found" };
  await arrive(
    ...[full, delayed, blocked, delivered, gone].map(statusReport),
    statusReport({ ...forwarded, recipient: "elsewhere@example.net" }),
  );
  expect(await state(full.id)).toBe("bounced soft_bounce");
  expect(await state(delayed.id)).toBe("accepted");
  expect(await state(forwarded.id)).toBe("bounced soft_bounce");
  expect(await state(blocked.id)).toBe("bounced soft_bounce");
  expect(await state(delivered.id)).toBe("delivered");
  expect(await state(gone.id)).toBe("bounced hard_bounce");
  for (const { recipient } of [full, delayed, forwarded, blocked, delivered])
    expect(await suppressed(recipient)).toBeUndefined();
});

test("a complaint of a feedback loop suppresses; the opposite of one does not", async () => {
  const [spam, fine] = [nextMessage(), nextMessage()];
  await arrive(complaintReport(spam), complaintReport(fine, "not-spam"));
  expect(await suppressed(spam.recipient)).toBe("complaint");
  expect(await state(spam.id)).toBe("accepted");
  expect(await suppressed(fine.recipient)).toBeUndefined();
});

test("a report without the signed return path changes nothing, however much it knows", async () => {
  const message = nextMessage();
  const strangers = returnPath(["a key of somebody else with 32 characters"], bounces, message.id);
  const cut = message.returnPath.replace(/\+.{10}/, "+0000000000");
  const before = (await inbox()).length;
  for (const returned of [bounces, strangers, cut, "bounces+@example.org"]) {
    await arrive(statusReport({ ...message, returnPath: returned, diagnostic: `smtp; 550 5.1.1 gone ${returned}` }));
    await arrive(complaintReport({ ...message, returnPath: returned }));
  }
  expect(await state(message.id)).toBe("accepted");
  expect(await suppressed(message.recipient)).toBeUndefined();
  const rows = (await inbox()).slice(before);
  expect(rows).toHaveLength(8);
  for (const row of rows)
    expect(row).toEqual({ state: "ignored", error: "The report does not carry a return path of ours", body: null });
});

test("an answer from a person's mail program changes nothing and is not kept", async () => {
  const message = nextMessage();
  await arrive(outOfOffice(message));
  expect(await state(message.id)).toBe("accepted");
  expect((await inbox()).at(-1)).toEqual({ state: "ignored", error: "The mail is no report", body: null });
  expect(await imap?.count()).toMatchObject({ unseen: 0 });
});

test("the same report again, or another one about the same message, changes nothing more", async () => {
  const message = nextMessage();
  await arrive(statusReport(message));
  await query(p.db, "delete from consent.suppressions where address = ?", [message.recipient]);
  expect(await arrive(statusReport(message))).toBe(0);
  expect(await arrive(statusReport({ ...message, token: "returned" }))).toBe(1);
  expect(await suppressed(message.recipient)).toBeUndefined();
  const events = await query(p.db, "select 1 from messaging.delivery_events where message_id = ?", [message.id]);
  expect(events).toHaveLength(1);
});

test("out of order: that an earlier try was delivered or is delayed undoes no bounce", async () => {
  const message = nextMessage();
  await arrive(statusReport(message));
  await arrive(statusReport({ ...message, action: "delivered", status: "2.0.0", diagnostic: "smtp; 250 ok" }));
  await arrive(statusReport({ ...message, action: "delayed", status: "4.0.0", diagnostic: "smtp; 451 later" }));
  expect(await state(message.id)).toBe("bounced hard_bounce");
  expect(await suppressed(message.recipient)).toBe("hard_bounce");
});

test("the return path survives a server that changes the case of addresses", async () => {
  const message = nextMessage();
  await arrive(statusReport({ ...message, returnPath: message.returnPath.toUpperCase() }));
  expect(await state(message.id)).toBe("bounced hard_bounce");
});

test("killed between storing and marking, no mail is lost and none counts twice", async () => {
  const some = Array.from({ length: 3 }, nextMessage);
  await imap?.deliver(...some.map(statusReport));
  const before = (await inbox()).length;
  const dies = async (): Promise<Mailbox> => ({
    ...(await open()),
    markSeen: () => Promise.reject(new Error("killed")),
  });
  await expect(fetchMail(p.deps, dies, signal)).rejects.toThrow("killed");
  expect(await imap?.count()).toMatchObject({ unseen: 3 });
  await apply();
  // Two replicas at once, both beginning anew.
  const fetched = await Promise.all([fetchMail(p.deps, open, signal), fetchMail(p.deps, open, signal)]);
  expect(fetched).toEqual([0, 0]);
  await apply();
  expect((await inbox()).length - before).toBe(3);
  expect(await imap?.count()).toMatchObject({ unseen: 0 });
  for (const { id } of some) expect(await state(id)).toBe("bounced hard_bounce");
});

test("many mails are fetched in batches, and a huge one is cut", async () => {
  const before = (await inbox()).length;
  const notes = Array.from({ length: 120 }, (_, i) =>
    outOfOffice({ returnPath: bounces, recipient: `p${i}@example.net` }),
  );
  await imap?.deliver(...notes, `Subject: huge\r\n\r\n${"x".repeat(700_000)}\r\n`);
  expect(await fetchMail(p.deps, open, signal)).toBe(121);
  const sizes = await query<{ n: number }>(p.db, "select max(length(body))::int as n from messaging.webhook_inbox");
  expect(sizes[0]?.n).toBe(512 * 1024);
  await apply();
  expect((await inbox()).slice(before).every((row) => row.state === "ignored")).toBe(true);
});

test("a wrong password and a missing folder are told", async () => {
  const url = new URL(imap?.url ?? "");
  await expect(openMailbox(url.href.replace(/:[^:@]+@/, ":wrong@"))).rejects.toThrow("Authentication failed");
  await expect(openMailbox(url.href.replace("/INBOX", "/Nowhere"))).rejects.toThrow("Mailbox doesn't exist");
});

test("mail over SMTP leaves under the coded return path, and under the sender's address without a bounce address", async () => {
  const senders: string[] = [];
  const smtp = await scriptedSmtp(({ line }) => {
    senders.push(...(/^MAIL FROM:<(.*?)>/i.exec(line)?.slice(1) ?? []));
    return line === "body" ? "250 Ok 0102019aa1b2c3d4-0a1b2c3d-000000" : undefined;
  });
  const provider = createSmtpProvider({ name: "smtp", connections: 1, answerMs: 5_000, url: async () => smtp.url });
  const [dispatch] = await runningDispatches(p.db, "email");
  if (!dispatch) throw new Error("there is no dispatch");
  const [content] = await query<{ id: string }>(p.db, "select id from messaging.contents limit 1");
  const id = messages.get("person30@example.com") ?? "";
  const sendWith = async (bounceAddress: string | undefined) => {
    const deps = { db: p.db, clock: systemClock, publicUrl: "http://localhost:3000", secretKeys, bounceAddress };
    const transport = createEmailTransport(deps, provider);
    const handOver = await transport.prepare({
      id,
      contactId: null,
      address: "person30@example.com",
      vars: {},
      contentId: content?.id ?? null,
      attempts: 1,
      trace: null,
      attemptId: id,
      dispatch,
      deadline: Number.POSITIVE_INFINITY,
    });
    return handOver();
  };
  // As Amazon SES answers: its id is what it reports by.
  const accepted = { kind: "accepted", providerMessageId: "0102019aa1b2c3d4-0a1b2c3d-000000" };
  expect(await sendWith(bounces)).toEqual({ ...accepted, detail: expect.any(String) });
  expect(await sendWith(undefined)).toMatchObject({ kind: "accepted" });
  expect(senders).toEqual([returnPath(secretKeys, bounces, id), dispatch.sender.fromAddress]);
  await provider.close();
  await smtp.close();
});
