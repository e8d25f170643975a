// Sender accounts over HTTP, on a real house that sends over a real SMTP server: what launch refuses and why, test mails
// with the server's answer word for word, and the DNS report.
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectPostgres, query } from "../../shared/db/knex.ts";
import { eraseFromTests } from "../../shared/messaging/sender-tests.ts";
import { connectRedis } from "../../shared/streams/connections.ts";
import { type DnsServer, startDns } from "../helpers/dns-server.ts";
import { type House, openHouse } from "../helpers/house.ts";
import { startResendPeer } from "../helpers/mail-api-peer.ts";
import { type MailPeer, SECRET } from "../helpers/mail-peer.ts";
import { startSmtpPeer } from "../helpers/smtp-peer.ts";

const everything = ["gateway", "services/contacts", "services/campaigns", "services/scheduler", "services/email"];
let peer: MailPeer;
let dns: DnsServer;
let house: House;
let account: string;
let campaign: string;

/** Starts the house anew with these changes of its environment. */
const restart = async (changes: Record<string, string>, folders = everything) => {
  await house.running.get("all")?.stop();
  Object.assign(house.env, changes);
  await house.start("all", folders);
};
const launch = () => house.api("POST", `/campaigns/${campaign}/launch`, {});
const preflightCodes = async () =>
  (await house.api("POST", `/campaigns/${campaign}/preflight`, {})).body.problems.map((p: { code: string }) => p.code);
const send = (body: object = {}, id = account) => house.api("POST", `/sender-accounts/${id}/test`, body);
const message = async (id: string) => (await house.api("GET", `/messages/${id}`)).body;
const mayTestAgain = async () => {
  const redis = connectRedis(house.redis.url, "test");
  const keys = await redis.keys("lc:sender-test:*");
  if (keys.length > 0) await redis.del(keys);
  redis.disconnect();
};

beforeAll(async () => {
  [peer, dns] = await Promise.all([startSmtpPeer(), startDns()]);
  house = await openHouse({
    env: {
      LC_EMAIL_PROVIDER: "smtp",
      LC_SMTP_URLS: peer.url,
      LC_DNS_SERVERS: dns.address,
      LC_SEND_ALLOWLIST: "example.org",
    },
  });
  await house.start("all", everything);
  await house.signIn();
  account = (await house.api("GET", "/sender-accounts")).body.data[0].id;
  await house.api("POST", "/contacts", {
    email: "ada@example.org",
    consent: { channels: ["email"], basis: "form", source: "test" },
  });
  const made = await house.api("POST", "/campaigns", {
    name: "News",
    channel: "email",
    audience: { all: true },
    content: { subject: "News", html: "<p>Hello</p>" },
  });
  campaign = made.body.id;
});
afterAll(async () => {
  await house?.close();
  await peer?.stop();
  await dns?.stop();
});

test("launch is refused while from or postal address is missing, then while PUBLIC_URL is this machine", async () => {
  expect(await preflightCodes()).toEqual(["SENDER_INCOMPLETE", "PUBLIC_URL_NOT_REACHABLE"]);
  const refused = await launch();
  expect(refused).toMatchObject({
    status: 422,
    body: { code: "SENDER_INCOMPLETE", errors: [{ path: "sender.fromAddress" }, { path: "sender.postalAddress" }] },
  });
  expect(refused.body.detail).toContain("Settings, Sending");
  // The sandbox's sample street does not go out under an address of one's own.
  expect(await house.api("PATCH", `/sender-accounts/${account}`, { fromAddress: "hello@example.org" })).toMatchObject({
    status: 200,
    body: { isPlaceholder: false, postalAddress: null },
  });
  expect(await launch()).toMatchObject({
    status: 422,
    body: { code: "SENDER_INCOMPLETE", errors: [{ path: "sender.postalAddress" }] },
  });
  await house.api("PATCH", `/sender-accounts/${account}`, { postalAddress: "Acme, 1 Real Street, Town" });
  expect(await preflightCodes()).toEqual(["PUBLIC_URL_NOT_REACHABLE"]);
  expect(await launch()).toMatchObject({ status: 422, body: { code: "PUBLIC_URL_NOT_REACHABLE" } });
  // Single messages are held to the same.
  const single = { channel: "email", to: "ada@example.org", content: { subject: "x", html: "<p>x</p>" } };
  expect(await house.api("POST", "/messages", single)).toMatchObject({
    status: 422,
    body: { code: "PUBLIC_URL_NOT_REACHABLE" },
  });
  expect(peer.taken).toHaveLength(0);
});

test("a test mail answers with the whole conversation, stands in the ledger, and marks the account", async () => {
  const { status, body } = await send({ to: "Me@Example.org" });
  expect(status, JSON.stringify(body)).toBe(200);
  expect(body).toMatchObject({
    outcome: "accepted",
    to: "me@example.org",
    server: "smtp",
    answer: expect.stringMatching(/^250 2\.0\.0 OK: queued as P\d000/),
  });
  expect(body.tookMs).toBeGreaterThan(0);
  const said = body.transcript.map(({ from, text }: { from: string; text: string }) => `${from}: ${text}`).join("\n");
  expect(said).toContain("us: MAIL FROM:<hello@example.org>");
  expect(said).toContain("us: RCPT TO:<me@example.org>");
  expect(said).toContain("server: 235");
  expect(JSON.stringify(body)).not.toMatch(/peer-secret|cGVlci1zZWNyZXQ/);
  expect(said).not.toContain(Buffer.from("\0peer\0").toString("base64").slice(0, 6));
  expect(peer.taken.at(-1)).toMatchObject({ to: "me@example.org", subject: expect.stringContaining("Test mail from") });
  expect(await message(body.messageId)).toMatchObject({
    state: "accepted",
    address: "me@example.org",
    source: "transactional",
    attempts: 1,
  });
  const marked = (await house.api("GET", `/sender-accounts/${account}`)).body;
  expect(marked).toMatchObject({ testedAt: body.at, testOk: true, testAnswer: body.answer });
});

test("wrong credentials and a refused recipient are shown word for word and explained; nothing is tried again", async () => {
  peer.believe(false);
  const denied = (await send({ to: "me@example.org" })).body;
  peer.believe(true);
  expect(denied).toMatchObject({
    outcome: "refused",
    answer: expect.stringContaining("535 5.7.8 bad credentials"),
    meaning: expect.stringContaining("user name or password"),
  });
  expect(await message(denied.messageId)).toMatchObject({ state: "failed", attempts: 1 });
  peer.behave("reject", 1);
  const rejected = (await send({ to: "nobody@example.org" })).body;
  expect(rejected).toMatchObject({ outcome: "refused", answer: "550 5.1.1 no such user here" });
  expect(await message(rejected.messageId)).toMatchObject({ state: "failed", detail: "550 5.1.1 no such user here" });
  // What a server under construction says holds no address for dead.
  expect((await house.api("GET", "/suppressions")).body.data).toEqual([]);
  expect((await house.api("GET", `/sender-accounts/${account}`)).body).toMatchObject({ testOk: false });
});

test("a test respects the list of permitted addresses, suppressions, and what is no address; five a minute are enough", async () => {
  const outside = (await send({ to: "me@elsewhere.org" })).body;
  expect(outside).toMatchObject({ outcome: "skipped", meaning: expect.stringContaining("LC_SEND_ALLOWLIST") });
  expect(await message(outside.messageId)).toMatchObject({ state: "skipped", reason: "not_on_allowlist" });
  await house.api("POST", "/suppressions", { channel: "email", address: "gone@example.org", reason: "manual" });
  const suppressed = (await send({ to: "gone@example.org" })).body;
  expect(suppressed).toMatchObject({ outcome: "skipped", meaning: expect.stringContaining("suppressed") });
  expect(await message(suppressed.messageId)).toMatchObject({ state: "skipped", reason: "suppressed" });
  expect(await send({ to: "nonsense" })).toMatchObject({ status: 422, body: { errors: [{ path: "to" }] } });
  expect(await send({ to: "a@b.example" })).toMatchObject({ status: 422, body: { errors: [{ path: "to" }] } });
  expect(await send({ to: "me@example.org" })).toMatchObject({ status: 429, body: { code: "RATE_LIMITED" } });
  await mayTestAgain();
  expect(peer.taken).toHaveLength(1);
});

test("an erased person's address goes from what is kept about tests", async () => {
  peer.behave("reject", 1);
  await send({ to: "erase-me@example.org" });
  const db = connectPostgres(house.postgres.url, 1);
  try {
    const kept = () =>
      query<{ n: number }>(
        db,
        "select count(*)::int as n from messaging.sender_tests where report::text like '%erase-me%'",
      );
    expect((await kept())[0]?.n).toBe(1);
    await db.transaction((trx) => eraseFromTests(trx, ["erase-me@example.org"]));
    expect((await kept())[0]?.n).toBe(0);
    // What others were told stays.
    expect((await query<{ n: number }>(db, "select count(*)::int as n from messaging.sender_tests"))[0]?.n).toBe(4);
  } finally {
    await db.destroy();
  }
});

test("the DNS report and the setup are served, without secrets", async () => {
  dns.set({
    "example.org": { txt: ["v=spf1 ip4:127.0.0.1 ~all"] },
    "s1._domainkey.example.org": { txt: ["v=DKIM1; p="] },
    "_dmarc.example.org": { txt: ["v=DMARC1; p=none; rua=mailto:d@example.org"] },
  });
  expect(await house.api("PATCH", `/sender-accounts/${account}`, { dkimSelector: "not a selector" })).toMatchObject({
    status: 422,
    body: { errors: [{ path: "dkimSelector" }] },
  });
  await house.api("PATCH", `/sender-accounts/${account}`, { dkimSelector: "s1" });
  const { status, body } = await house.api("GET", `/sender-accounts/${account}/dns`);
  expect(status).toBe(200);
  expect(body.checks.map((c: { name: string; status: string }) => `${c.name} ${c.status}`)).toEqual([
    "spf ok",
    "dkim error",
    "dmarc ok",
  ]);
  const setup = await house.api("GET", "/sending");
  expect(setup.body).toMatchObject({
    provider: "smtp",
    servers: [{ name: "smtp", address: peer.url.replace(/.*@/, ""), signsIn: true }],
    allowlist: ["example.org"],
  });
  expect(JSON.stringify(setup.body)).not.toContain("peer-secret");
});

test("with everything in place launch goes out over the live provider", async () => {
  await restart({ PUBLIC_URL: "https://learn.example.org" });
  expect(await preflightCodes()).toEqual([]);
  expect(await launch()).toMatchObject({ status: 202 });
  expect(await house.ended(campaign)).toMatchObject({ status: "completed", states: { accepted: 1 } });
  expect(peer.taken.at(-1)).toMatchObject({ to: "ada@example.org", subject: "News" });
  expect(peer.taken.at(-1)?.html).toContain("1 Real Street");
});

test("a scheduled campaign whose sender became incomplete waits, instead of going out without an address", async () => {
  const made = await house.api("POST", "/campaigns", {
    name: "Later",
    channel: "email",
    audience: { all: true },
    content: { subject: "Later", html: "<p>Hello</p>" },
    schedule: { at: new Date(Date.now() + 3_000).toISOString() },
  });
  const id = made.body.id as string;
  expect(await house.api("POST", `/campaigns/${id}/launch`, {})).toMatchObject({
    status: 202,
    body: { status: "scheduled" },
  });
  await house.api("PATCH", `/sender-accounts/${account}`, { postalAddress: null });
  expect(await house.ended(id)).toMatchObject({ status: "held", heldReason: "sender_incomplete" });
  await house.api("PATCH", `/sender-accounts/${account}`, { postalAddress: "Acme, 1 Real Street, Town" });
  expect(await house.api("POST", `/campaigns/${id}/resume`, {})).toMatchObject({ status: 202 });
  expect(await house.ended(id)).toMatchObject({ status: "completed", states: { accepted: 1 } });
});

test("a server that is away is named as such", async () => {
  await peer.stop();
  expect((await send({ to: "me@example.org" })).body).toMatchObject({
    outcome: "failed",
    answer: expect.stringContaining("ECONNREFUSED"),
    meaning: expect.stringContaining("Nothing listens"),
    todo: expect.stringContaining("587"),
  });
});

test("a vendor's answer is shown with its status and body as they came", async () => {
  const resend = await startResendPeer();
  try {
    await restart({ LC_EMAIL_PROVIDER: "resend", RESEND_API_KEY: SECRET, LC_RESEND_URL: resend.url });
    expect((await send({ to: "me@example.org" })).body).toMatchObject({
      outcome: "accepted",
      server: "resend",
      answer: 'HTTP 200 OK\n{"id":"resend-1"}',
      transcript: [{ from: "us", text: expect.stringContaining("POST http://127.0.0.1") }, { from: "server" }],
    });
    resend.believe(false);
    expect((await send({ to: "me@example.org" })).body).toMatchObject({
      outcome: "refused",
      answer: expect.stringContaining('"name":"invalid_api_key"'),
      meaning: "The provider does not know the key.",
    });
    expect((await house.api("GET", "/sending")).body).toMatchObject({ provider: "resend", key: "••••" });
  } finally {
    await resend.stop();
  }
});

test("production without a provider refuses to launch and to test, and never falls back to the sandbox", async () => {
  // With it, this would be a place to try things out, where the sandbox is meant.
  delete house.env.LC_SEND_ALLOWLIST;
  const production = {
    NODE_ENV: "production",
    LC_SECRET_KEYS: "k".repeat(40),
    PUBLIC_URL: "https://learn.example.org",
  };
  await restart({ ...production, LC_EMAIL_PROVIDER: "sandbox" }, [...everything, "services/sandbox"]);
  await house.signIn();
  const { body } = await house.api("POST", `/campaigns/${campaign}/clone`, {});
  campaign = body.id;
  expect(await preflightCodes()).toEqual(["PROVIDER_MISSING"]);
  expect(await launch()).toMatchObject({ status: 422, body: { code: "PROVIDER_MISSING" } });
  expect(await send({ to: "me@example.org" })).toMatchObject({ status: 422, body: { code: "PROVIDER_MISSING" } });
});
