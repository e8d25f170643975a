// A campaign's life beyond sending: schedules, local delivery times, holds, single messages as alerts, staging's allow-list.
import { afterEach, beforeEach, expect, test } from "vitest";
import { createCampaign, updateCampaign } from "../../services/campaigns/campaigns/drafts.ts";
import { catchUpCampaigns } from "../../services/campaigns/campaigns/due.ts";
import { launchCampaign } from "../../services/campaigns/campaigns/launch.ts";
import { resolveMessages } from "../../services/campaigns/campaigns/ledger-acts.ts";
import { cancelCampaign } from "../../services/campaigns/campaigns/life-cycle.ts";
import { launchProblems } from "../../services/campaigns/campaigns/preflight.ts";
import { campaignOf, findCampaign } from "../../services/campaigns/campaigns/store.ts";
import { searchMessages, showMessage } from "../../services/campaigns/messages/list.ts";
import { sendMessages } from "../../services/campaigns/messages/send.ts";
import { query } from "../../shared/db/knex.ts";
import { makePartitions } from "../../shared/messaging/message-rows.ts";
import { openPipeline, type Pipeline } from "../helpers/pipeline.ts";
import { until } from "../helpers/processes.ts";

let p: Pipeline;
beforeEach(async () => {
  p = await openPipeline();
});
afterEach(() => p.close());

const content = { subject: "Hi", html: "<p>x</p>" };
const draft = (fields: object = {}) =>
  createCampaign(p.deps, { channel: "email", name: "Life", audience: { all: true }, content, ...fields });
const row = async (id: string) =>
  campaignOf((await findCampaign(p.db, id)) as NonNullable<Awaited<ReturnType<typeof findCampaign>>>);
const inMs = (ms: number) => new Date(Date.now() + ms).toISOString();

test("a scheduled campaign waits for its time, and cancelled before it has no audience", async () => {
  await p.people(3);
  const { id } = await draft({ schedule: { at: inMs(3_600_000) } });
  expect(await launchCampaign(p.deps, { id })).toEqual({ id, status: "scheduled" });
  expect(await row(id)).toMatchObject({ status: "scheduled", launchedAt: null });
  const jobs = await query<{ run_at: Date }>(p.db, "select run_at from jobs.jobs where type = 'campaign.launch'");
  expect(jobs[0]?.run_at.getTime()).toBeGreaterThan(Date.now() + 3_500_000);
  await cancelCampaign(p.deps, { id });
  await p.prepare(id);
  expect(await row(id)).toMatchObject({ status: "cancelled", launchedAt: null });
  expect((await p.stats(id)).recipients).toBe(0);
  await catchUpCampaigns(p.deps);
  expect(await query(p.db, "select 1 from jobs.jobs where type = 'campaign.launch' and state = 'queued'")).toHaveLength(
    0,
  );
});

test("local delivery times hold each person until their own morning", async () => {
  await query(
    p.db,
    `with made as (insert into contacts.contacts (id, community_id, email, timezone)
     select make_uuid7(), c.id, v.e, v.z from contacts.communities c, (values ('tokyo@example.com', 'Asia/Tokyo'), ('la@example.com', 'America/Los_Angeles'), ('nowhere@example.com', null), ('odd@example.com', 'Mars/Base')) v(e, z) returning id)
     insert into consent.current (contact_id, email) select id, 'granted' from made`,
  );
  const at = new Date(Date.UTC(2099, 0, 15, 9));
  const { id } = await draft({ schedule: { at: at.toISOString(), perRecipientTimezone: true } });
  await launchCampaign(p.deps, { id });
  await p.prepare(id);
  const rows = await query<{ address: string; not_before: Date }>(
    p.db,
    "select address, not_before from messaging.messages where source_id = ?",
    [id],
  );
  const hour = Object.fromEntries(rows.map((r) => [r.address, r.not_before.toISOString()]));
  expect(hour).toEqual({
    "tokyo@example.com": "2099-01-15T00:00:00.000Z",
    "la@example.com": "2099-01-15T17:00:00.000Z",
    "nowhere@example.com": "2099-01-15T09:00:00.000Z",
    "odd@example.com": "2099-01-15T09:00:00.000Z",
  });
});

test("a campaign whose segment was deleted before its time is held, and says so", async () => {
  const [segment] = await query<{ id: string }>(
    p.db,
    `insert into contacts.segments (id, name, rule) values (make_uuid7(), 'S', '{"all":[{"field":"stage","op":"eq","value":"awareness"}]}') returning id`,
  );
  const { id } = await draft({ audience: { segmentId: segment?.id }, schedule: { at: inMs(60_000) } });
  await launchCampaign(p.deps, { id });
  await query(p.db, "delete from contacts.segments");
  await p.prepare(id);
  expect(await row(id)).toMatchObject({ status: "held", heldReason: "audience_gone" });
});

test("what was launched can no longer be changed", async () => {
  const { id } = await draft();
  await launchCampaign(p.deps, { id });
  await expect(updateCampaign(p.deps, { id, name: "New" })).rejects.toMatchObject({ type: "CAMPAIGN_NOT_DRAFT" });
});

test("what may have been sent by a cancelled campaign can be closed, and is not sent again", async () => {
  await p.people(3);
  const id = await p.launch();
  await query(p.db, "update messaging.messages set state = 'unknown' where address = 'person1@example.com'");
  await cancelCampaign(p.deps, { id });
  await expect(resolveMessages(p.deps, { id, action: "resend" })).rejects.toMatchObject({
    type: "CAMPAIGN_STATE_WRONG",
  });
  expect(await resolveMessages(p.deps, { id, action: "close" })).toEqual({ changed: 1 });
  expect(await row(id)).toMatchObject({ status: "cancelled" });
  expect((await p.stats(id)).reasons).toMatchObject({ unknown_closed: 1 });
});

test("a month whose rows are in the default partition already keeps them there, and other months are made", async () => {
  const id = "019f0000-0000-7000-8000-000000000001".replace("019f", "02ff");
  await query(
    p.db,
    "insert into messaging.messages (id, source, source_id, channel, state) values (?, 'campaign', ?, 'email', 'skipped')",
    [id, id],
  );
  const month = "(select to_timestamp(('x' || substr(replace(?, '-', ''), 1, 12))::bit(48)::bigint / 1000.0))::date";
  await query(
    p.db,
    `select messaging.make_partition(${month}), messaging.make_partition((${month} + interval '2 months')::date)`,
    [id, id],
  );
  expect(await query(p.db, "select 1 from messaging.messages where id = ?", [id])).toHaveLength(1);
  await makePartitions(p.db, 3);
});

test("an alert goes ahead of a campaign that is being sent", async () => {
  await p.people(1500);
  p.sender({ connections: 2 });
  const id = await p.launch({ rate: { perSecond: 40 } });
  await until("the campaign runs", async () => (await p.stats(id)).states.accepted > 20);
  const sent = await sendMessages(
    p.deps,
    { channel: "email", to: "warden@example.com", content: { subject: "Flood", html: "<p>Leave</p>" }, kind: "alert" },
    undefined,
  );
  await until(
    "the alert is taken",
    async () => (await showMessage(p.deps, { id: sent.id as string })).state === "accepted",
  );
  expect((await p.stats(id)).states.queued).toBeGreaterThan(300);
  const found = await searchMessages(p.deps, { limit: 10, to: "Warden@example.com" });
  expect(found.data).toMatchObject([{ source: "alert", subject: "Flood", state: "accepted", sourceId: null }]);
});

test("a suppressed address gets no single message either, but an unsubscribe binds bulk mail only", async () => {
  await query(
    p.db,
    "insert into consent.suppressions (id, channel, address, reason) values (make_uuid7(), 'email', 'no@example.com', 'complaint'), (make_uuid7(), 'email', 'quiet@example.com', 'unsubscribed')",
  );
  const ask = (to: string) => sendMessages(p.deps, { channel: "email", to, content }, undefined);
  expect(await ask("no@example.com")).toMatchObject({ state: "skipped" });
  expect(await ask("quiet@example.com")).toMatchObject({ state: "queued" });
});

test("staging's allow-list skips everybody else, with the reason", async () => {
  await p.people(5);
  p.sender({ allowlist: ["person3@example.com"] });
  const id = await p.launch();
  expect(await p.finished(id)).toBe("completed");
  expect(await p.stats(id)).toMatchObject({ states: { accepted: 1, skipped: 4 }, reasons: { not_on_allowlist: 4 } });
});

test("a live provider is never handed an address under a name that is set aside for examples", async () => {
  await p.people(3);
  await query(p.db, "update contacts.contacts set email = 'maya@sample.example' where email = 'person1@example.com'");
  p.sender({ live: true });
  const id = await p.launch();
  expect(await p.finished(id)).toBe("completed");
  expect(await p.stats(id)).toMatchObject({ states: { accepted: 2, skipped: 1 }, reasons: { reserved_address: 1 } });
});

test("a limited recipient domain is kept to its rate while others go on", async () => {
  await p.people(40);
  await query(
    p.db,
    "update contacts.contacts set email = replace(email, 'example.com', 'slow.example') where email like '%1@%'",
  );
  p.sender({ domainRates: new Map([["slow.example", 2]]) });
  const id = await p.launch();
  await until("the others are through", async () => (await p.stats(id)).states.accepted >= 36);
  expect(await p.finished(id)).toBe("completed");
  expect((await p.stats(id)).states.accepted).toBe(40);
  const [spread] = await query<{ ms: number }>(
    p.db,
    "select extract(epoch from max(accepted_at) - min(accepted_at)) * 1000 as ms from messaging.messages where address like '%slow%'",
  );
  expect(Number(spread?.ms)).toBeGreaterThan(500);
});

test("a live provider needs a complete sender and a public address; production never uses the sandbox", () => {
  const sender = {
    id: "",
    fromAddress: "a@b.example",
    postalAddress: "1 Street",
    ratePerSecond: null,
    dailyLimit: null,
    isPlaceholder: false,
  };
  const live = { production: false, emailProvider: "smtp", publicUrl: "https://learn.example.org" } as const;
  const codes = (...args: Parameters<typeof launchProblems>) => launchProblems(...args).map((problem) => problem.code);
  expect(codes(sender, live)).toEqual([]);
  for (const host of ["localhost", "127.8.0.1", "[::1]", "0.0.0.0", "app.localhost", "localhost."])
    expect(codes(sender, { ...live, publicUrl: `http://${host}:3000` }), host).toEqual(["PUBLIC_URL_NOT_REACHABLE"]);
  for (const host of ["localhost.example.org", "127.example.org", "10.0.0.7"])
    expect(codes(sender, { ...live, publicUrl: `http://${host}` }), host).toEqual([]);
  expect(codes({ ...sender, postalAddress: null }, live)).toEqual(["SENDER_INCOMPLETE"]);
  expect(codes({ ...sender, isPlaceholder: true }, { ...live, publicUrl: "http://127.0.0.1:3000" })).toEqual([
    "SENDER_INCOMPLETE",
    "PUBLIC_URL_NOT_REACHABLE",
  ]);
  const sandbox = { production: true, emailProvider: "sandbox", publicUrl: "https://learn.example.org" } as const;
  // Staging: whom it may write to is named, and the sandbox is meant.
  expect(codes(sender, { ...sandbox, sendAllowlist: ["example.org"] })).toEqual([]);
  expect(codes(sender, sandbox)).toEqual(["PROVIDER_MISSING"]);
  expect(codes(undefined, { production: false, emailProvider: "sandbox", publicUrl: "http://localhost:3000" })).toEqual(
    [],
  );
});
