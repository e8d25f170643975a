// One suite for the callbacks of every provider, over HTTP to the real gateway and through the real job layer. The rule
// behind it: what is genuine counts once, in any order; what is not certainly genuine changes nothing.
import { createHmac } from "node:crypto";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { query } from "../../shared/db/knex.ts";
import { makeId } from "../../shared/lib/ids.ts";
import { type FeedbackHouse, openFeedbackHouse } from "../helpers/feedback-house.ts";
import { serveGateway } from "../helpers/gateway.ts";
import { until } from "../helpers/processes.ts";
import {
  type Callback,
  callbackSenders,
  type Kind,
  type SignOptions,
  snsEnvelope,
  subscribeUrl,
  type Told,
  topic,
} from "../helpers/provider-callbacks.ts";

const providers = ["resend", "postmark", "ses", "sendgrid"] as const;
type Provider = (typeof providers)[number];

let house: FeedbackHouse;
let campaign: Awaited<ReturnType<FeedbackHouse["send"]>>;
let taken = 0;

beforeAll(async () => {
  house = await openFeedbackHouse(60);
  campaign = await house.send();
});
afterAll(() => house.close());

/** A message of the campaign that no other test has. */
const nextMessage = (): { id: string; address: string } => {
  const address = `person${++taken}@example.com`;
  return { id: campaign.messages.get(address) ?? "", address };
};
const told = (kind: Kind, { id, address }: { id: string; address: string }, changes: Partial<Told> = {}): Told => ({
  kind,
  address,
  messageId: id,
  providerMessageId: `0102018e${id.replaceAll("-", "")}`,
  at: new Date(),
  ...changes,
});
const tell = async (provider: Provider, what: Told, options?: SignOptions) => {
  const reply = await house.post(provider, callbackSenders[provider].make(what, options));
  expect(reply.status).toBe(202);
  await house.settled();
};
const postFrom = (address: string, provider: Provider, { headers, body }: Callback) =>
  house.post(provider, { headers: { ...headers, "x-forwarded-for": address }, body });
const suppressedAs = async (address: string) => (await house.suppressions())[address];
const everything = async () => ({
  inbox: (await house.inbox()).length,
  suppressions: await house.suppressions(),
  states: await query(
    house.pipeline.db,
    "select state, reason, count(*)::int from messaging.messages group by 1, 2 order by 1, 2",
  ),
});

describe.each(providers)("callbacks of %s", (provider) => {
  const sender = callbackSenders[provider];

  test("a delivery is a delivery, and a bounce after it counts", async () => {
    const message = nextMessage();
    await tell(provider, told("delivered", message));
    expect(await house.state(message.id)).toBe("delivered");
    await tell(provider, told("hard", message));
    expect(await house.state(message.id)).toBe("bounced hard_bounce");
    expect(await suppressedAs(message.address)).toBe("hard_bounce");
  });

  test("out of order: a delivery that is told after the bounce undoes nothing", async () => {
    const message = nextMessage();
    await tell(provider, told("hard", message));
    await tell(provider, told("delivered", message, { at: new Date(Date.now() - 60_000) }));
    expect(await house.state(message.id)).toBe("bounced hard_bounce");
    expect(await house.events(message.id)).toEqual(["delivered", "bounced hard"]);
    expect(await suppressedAs(message.address)).toBe("hard_bounce");
  });

  test("a soft bounce is one of this mail, not of the address", async () => {
    const message = nextMessage();
    await tell(provider, told("soft", message));
    expect(await house.state(message.id)).toBe("bounced soft_bounce");
    expect(await suppressedAs(message.address)).toBeUndefined();
  });

  test("a complaint suppresses, and leaves the message delivered", async () => {
    const message = nextMessage();
    await tell(provider, told("delivered", message));
    await tell(provider, told("complained", message));
    expect(await house.state(message.id)).toBe("delivered");
    expect(await suppressedAs(message.address)).toBe("complaint");
  });

  test("told twice, by the same delivery or by another one, it counts once, and also after somebody lifted it", async () => {
    const message = nextMessage();
    const what = told("hard", message);
    const id = provider === "postmark" ? "4711" : makeId();
    const callback = sender.make(what, { id });
    for (const again of [callback, callback, sender.make(what, { id, at: new Date(Date.now() - 2_000) })]) {
      expect((await house.post(provider, again)).status).toBe(202);
      await house.settled();
    }
    expect(await house.events(message.id)).toEqual(["bounced hard"]);
    const outbox = await query(
      house.pipeline.db,
      "select 1 from jobs.outbox where type = 'message.bounced' and payload ->> 'messageId' = ?",
      [message.id],
    );
    expect(outbox).toHaveLength(1);
    await query(house.pipeline.db, "delete from consent.suppressions where address = ?", [message.address]);
    await house.post(provider, callback);
    await house.settled();
    expect(await suppressedAs(message.address)).toBeUndefined();
  });

  test("what nobody knows the fate of gets it from the callback", async () => {
    const message = nextMessage();
    await query(
      house.pipeline.db,
      "update messaging.messages set state = 'unknown', reason = 'no_answer' where id = ?",
      [message.id],
    );
    await query(house.pipeline.db, "delete from jobs.jobs where type = 'campaign.finalize'");
    await tell(provider, told("delivered", message));
    expect(await house.state(message.id)).toBe("delivered");
    // The campaign may have waited for nothing else.
    const [asked] = await query(
      house.pipeline.db,
      "select input ->> 'campaignId' as id from jobs.jobs where type = 'campaign.finalize'",
    );
    expect(asked).toEqual({ id: campaign.id });
  });

  test("without our id the message is found by the provider's", async () => {
    const message = nextMessage();
    const what = told("hard", message, { messageId: null });
    await query(house.pipeline.db, "update messaging.messages set provider_message_id = ? where id = ?", [
      what.providerMessageId,
      message.id,
    ]);
    await tell(provider, what);
    expect(await house.state(message.id)).toBe("bounced hard_bounce");
  });

  test("opens are ours to count: a genuine callback about one changes nothing", async () => {
    const message = nextMessage();
    await tell(provider, told("opened", message));
    expect(await house.events(message.id)).toEqual([]);
    expect((await house.inbox()).at(-1)).toMatchObject({ provider, state: "ignored" });
  });

  test("forged, tampered with, unsigned or replayed too late, it changes nothing and learns nothing", async () => {
    const message = nextMessage();
    const what = told("hard", message);
    const before = await everything();
    const genuine = sender.make(what);
    const other = campaign.messages.get("person60@example.com") ?? "";
    const attempts = [
      sender.make(what, { forged: true }),
      { ...genuine, headers: {}, body: genuine.body.replaceAll("Signature", "signed") },
      ...(provider === "postmark" ? [] : [{ ...genuine, body: genuine.body.replaceAll(message.id, other) }]),
      ...(sender.stale ? [sender.make(what, { at: sender.stale })] : []),
    ];
    for (const attempt of attempts) {
      const reply = await house.post(provider, attempt);
      expect([reply.status, reply.json.code]).toEqual([401, "WEBHOOK_REFUSED"]);
      expect(reply.text).not.toContain(message.address);
    }
    expect(await everything()).toEqual(before);
  });

  test("a flood of forged ones is refused unread for its address alone, and the provider's come in", async () => {
    const from = (address: string, callback: Callback) => postFrom(address, provider, callback);
    const what = told("delivered", nextMessage());
    const flooding = `198.51.100.${providers.indexOf(provider)}`;
    const before = await everything();
    for (let n = 0; n < 20; n++) expect((await from(flooding, sender.make(what, { forged: true }))).status).toBe(401);
    const refused = await from(flooding, sender.make(what));
    expect([refused.status, refused.json.code]).toEqual([429, "RATE_LIMITED"]);
    expect(Number(refused.headers["retry-after"])).toBeGreaterThan(0);
    expect(await everything()).toEqual(before);
    expect((await from("203.0.113.1", sender.make(what))).status).toBe(202);
    await house.settled();
  });

  test("a body that is too large is refused before it is read", async () => {
    const headers = { ...sender.make(told("hard", nextMessage())).headers };
    const reply = await house.gateway.ask({ method: "POST", path: sender.path, headers, body: "x".repeat(1_100_000) });
    expect(reply.status).toBe(413);
  });
});

test("whoever bounced or complained is not in the next campaign; an address that refuses three mails neither", async () => {
  const address = "person50@example.com";
  const now = Date.now();
  const ids: string[] = [campaign.messages.get(address) ?? ""];
  for (let i = 0; i < 2; i++) ids.push((await house.send()).messages.get(address) ?? "");
  await tell("resend", told("soft", { id: ids[0] ?? "", address }, { at: new Date(now - 3_000) }));
  await tell("ses", told("soft", { id: ids[1] ?? "", address }, { at: new Date(now - 2_000) }));
  await tell("ses", told("soft", { id: ids[1] ?? "", address }, { at: new Date(now - 1_500) }));
  expect(await suppressedAs(address)).toBeUndefined();
  await tell("sendgrid", told("soft", { id: ids[2] ?? "", address }, { at: new Date(now - 1_000) }));
  expect(await suppressedAs(address)).toBe("soft_bounces");

  const suppressed = await house.suppressions();
  const { id } = await house.send();
  const { states, reasons } = await house.pipeline.stats(id);
  expect(states.skipped).toBe(Object.keys(suppressed).length);
  const worn = Object.values(suppressed).filter((reason) => reason.endsWith("bounce") || reason === "soft_bounces");
  expect(reasons).toEqual({ bounced_before: worn.length, suppressed: Object.keys(suppressed).length - worn.length });
  expect(states.accepted).toBe(60 - Object.keys(suppressed).length);
});

test("somebody who unsubscribed and whose mailbox then dies gets no single mail either, and lifting brings the no back", async () => {
  const message = nextMessage();
  const { db } = house.pipeline;
  await query(
    db,
    "insert into consent.suppressions (id, channel, address, reason, unsubscribed) values (make_uuid7(), 'email', ?, 'unsubscribed', true)",
    [message.address],
  );
  await tell("postmark", told("hard", message));
  expect(await suppressedAs(message.address)).toBe("hard_bounce");
  const { sendMessages } = await import("../../services/campaigns/messages/send.ts");
  const single = { channel: "email", to: message.address, content: { subject: "x", html: "<p>x</p>" } } as const;
  expect(await sendMessages(house.pipeline.deps, single, undefined)).toMatchObject({ state: "skipped" });
  const { unsuppress } = await import("../../shared/consent/suppressions.ts");
  const lift = async () => {
    const [row] = await query<{ id: string }>(db, "select id from consent.suppressions where address = ?", [
      message.address,
    ]);
    return db.transaction((trx) => unsuppress(trx, [row?.id ?? ""]));
  };
  expect(await lift()).toBe(1);
  expect(await suppressedAs(message.address)).toBe("unsubscribed");
  expect(await lift()).toBe(1);
  expect(await suppressedAs(message.address)).toBeUndefined();
});

test("a callback that overtakes the answer to its hand-over waits for it", async () => {
  const message = nextMessage();
  const { db } = house.pipeline;
  const change = "update messaging.messages set state = ?, lease_until = now() + interval '1 minute' where id = ?";
  await query(db, change, ["handing_off", message.id]);
  const reply = await house.post("resend", callbackSenders.resend.make(told("delivered", message)));
  expect(reply.status).toBe(202);
  await until("the job to have looked", async () => {
    const jobs = await query(db, "select 1 from jobs.jobs where type = 'webhook.process' and state = 'scheduled'");
    return jobs.length > 0;
  });
  expect(await house.state(message.id)).toBe("handing_off");
  await query(db, change, ["accepted", message.id]);
  await house.settled();
  expect(await house.state(message.id)).toBe("delivered");
});

describe("Amazon SNS", () => {
  const post = (callback: ReturnType<typeof snsEnvelope>) => house.post("ses", callback);
  const subscription = { Type: "SubscriptionConfirmation", Message: "confirm", Token: "abc" };

  test("confirms a subscription of a listed topic by job, and no other", async () => {
    expect((await post(snsEnvelope({ ...subscription, SubscribeURL: subscribeUrl }))).status).toBe(202);
    await house.settled();
    expect(house.confirmed).toEqual([subscribeUrl]);
    const foreign = { ...subscription, SubscribeURL: subscribeUrl, TopicArn: `${topic}-of-somebody` };
    expect((await post(snsEnvelope(foreign))).status).toBe(401);
    const elsewhere = { ...subscription, SubscribeURL: "https://sns.eu-west-1.amazonaws.com.example.org/" };
    expect((await post(snsEnvelope(elsewhere))).status).toBe(401);
    expect(house.confirmed).toHaveLength(1);
  });

  test("takes both signature versions, and certificates from Amazon's hosts only", async () => {
    expect((await post(snsEnvelope({ Message: "hello" }, {}, "1"))).status).toBe(202);
    for (const SigningCertURL of [
      "https://sns.eu-west-1.amazonaws.com.example.org/SimpleNotificationService-0123456789abcdef.pem",
      "http://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem",
      "https://s3.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem",
      "https://sns.eu-west-1.amazonaws.com@example.org/SimpleNotificationService-0123456789abcdef.pem",
    ])
      expect((await post(snsEnvelope({ Message: "hello", SigningCertURL }))).status).toBe(401);
    // Amazon's host, but the certificate cannot be had: the provider shall try again.
    const gone = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-aaaaaaaaaaaaaaaa.pem";
    expect((await post(snsEnvelope({ Message: "hello", SigningCertURL: gone }))).status).toBe(503);
    await house.settled();
  });
});

test("a genuine callback that cannot be read fails in the open, and the inbox shows and replays without bodies", async () => {
  const body = "not JSON";
  const timestamp = String(Math.floor(Date.now() / 1000));
  const id = makeId();
  const secret = Buffer.from("a secret of 32 bytes for resend!");
  const signature = createHmac("sha256", secret).update(`${id}.${timestamp}.${body}`).digest("base64");
  const headers = { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": `v1,${signature}` };
  expect((await house.post("resend", { headers, body })).status).toBe(202);
  await house.settled();
  const { showWebhooks, replayWebhook } = await import("../../services/email/inbound/show-webhooks.ts");
  const { data } = await showWebhooks(house.pipeline.deps, { limit: 10, state: "failed" });
  expect(data).toEqual([
    {
      id: expect.any(String),
      provider: "resend",
      state: "failed",
      error: "The body is not JSON",
      receivedAt: expect.any(String),
      processedAt: expect.any(String),
    },
  ]);
  expect(await replayWebhook(house.pipeline.deps, { id: data[0]?.id ?? "" })).toMatchObject({ state: "received" });
  await house.settled();
  expect((await showWebhooks(house.pipeline.deps, { limit: 10, state: "failed" })).data).toHaveLength(1);
  await expect(replayWebhook(house.pipeline.deps, { id: makeId() })).rejects.toThrow("No callback has the id");
});

test("erasing a person empties what callbacks said of them, and of nobody else", async () => {
  const [gone, stays] = [nextMessage(), nextMessage()];
  await tell("resend", told("delivered", { ...gone, address: gone.address.toUpperCase() }));
  await tell("postmark", told("delivered", { ...gone, address: "alias@example.com" }));
  await tell("resend", told("delivered", stays));
  const { eraseWebhooks } = await import("../../shared/messaging/webhook-erasure.ts");
  const { db, deps } = house.pipeline;
  expect(await db.transaction((trx) => eraseWebhooks(trx, [gone.address], [gone.id]))).toBe(2);
  const named = "select 1 from messaging.webhook_inbox where encode(body, 'escape') ilike ?";
  expect(await query(db, named, [`%"${gone.address}"%`])).toEqual([]);
  expect(await query(db, named, [`%"${stays.address}"%`])).toHaveLength(1);
  const [row] = await query<{ id: string }>(
    db,
    "select id from messaging.webhook_inbox where error = 'erased' limit 1",
  );
  const { replayWebhook } = await import("../../services/email/inbound/show-webhooks.ts");
  await expect(replayWebhook(deps, { id: row?.id ?? "" })).rejects.toThrow("erased");
});

test("a callback that comes after its person was erased counts, and brings nothing of them back", async () => {
  const gone = nextMessage();
  const { db } = house.pipeline;
  await query(db, "update messaging.messages set address = null, contact_id = null, vars = null where id = ?", [
    gone.id,
  ]);
  await tell("ses", told("hard", gone));
  expect(await house.state(gone.id)).toBe("bounced hard_bounce");
  expect(await query(db, "select detail from messaging.messages where id = ?", [gone.id])).toEqual([{ detail: null }]);
  const named = "select 1 from messaging.webhook_inbox where encode(body, 'escape') ilike ?";
  expect(await query(db, named, [`%"${gone.address}"%`])).toEqual([]);
  expect(await suppressedAs(gone.address)).toBeUndefined();
});

test("the inbox forgets what is older than a month, but nothing that still waits", async () => {
  const { db, deps } = house.pipeline;
  const { pruneInbox } = await import("../../services/email/inbound/show-webhooks.ts");
  const [{ n } = { n: 0 }] = await query<{ n: number }>(db, "select count(*)::int as n from messaging.webhook_inbox");
  await query(
    db,
    `update messaging.webhook_inbox set received_at = now() - interval '31 days', state = case when n = 1 then 'received' else state end
     from (select id, row_number() over () as n from messaging.webhook_inbox limit 3) old where old.id = webhook_inbox.id`,
  );
  await pruneInbox(deps, new AbortController().signal);
  expect(await house.inbox()).toHaveLength(n - 2);
});

test("bodies that never come hold no more than their share, and keep out nobody of elsewhere", async () => {
  const { path, make } = callbackSenders.resend;
  const callback = make(told("delivered", nextMessage()));
  const from = (address: string) => postFrom(address, "resend", callback);
  const head = `POST ${path} HTTP/1.1\r\nhost: x\r\nx-forwarded-for: 198.51.100.77\r\ncontent-length: 1000\r\n\r\n`;
  const held = Array.from({ length: 12 }, () => connect(house.gateway.port, "127.0.0.1"));
  try {
    for (const socket of held) socket.write(head);
    await until("all of them to be read", async () => (await from("198.51.100.77")).status === 429);
    expect((await from("203.0.113.2")).status).toBe(202);
  } finally {
    for (const socket of held) socket.destroy();
  }
  await until("their places to be free again", async () => (await from("198.51.100.77")).status !== 429);
});

test("without a provider's secret there is no route", async () => {
  const bare = await serveGateway();
  try {
    for (const provider of providers) {
      const { path, make } = callbackSenders[provider];
      const { headers, body } = make(told("hard", { id: makeId(), address: "a@example.com" }));
      expect((await bare.ask({ method: "POST", path, headers, body })).status).toBe(404);
    }
  } finally {
    await bare.close();
  }
});
