// Races and late words in a campaign's life: none of them may leave it where nobody and nothing can end it.
import { afterEach, beforeEach, expect, test } from "vitest";
import { createCampaign, updateCampaign } from "../../services/campaigns/campaigns/drafts.ts";
import { catchUpCampaigns } from "../../services/campaigns/campaigns/due.ts";
import { launchCampaign, launchJob, prepareCampaign } from "../../services/campaigns/campaigns/launch.ts";
import { retryMessages } from "../../services/campaigns/campaigns/ledger-acts.ts";
import {
  cancelCampaign,
  finalizeCampaign,
  pauseCampaign,
  resumeCampaign,
} from "../../services/campaigns/campaigns/life-cycle.ts";
import { findCampaign } from "../../services/campaigns/campaigns/store.ts";
import { sendMessages } from "../../services/campaigns/messages/send.ts";
import { query } from "../../shared/db/knex.ts";
import { hold, release } from "../../shared/jobs/holds.ts";
import { raisePauseEpoch, runningDispatches } from "../../shared/messaging/dispatches.ts";
import { createOutcomeWriter } from "../../shared/messaging/outcome-writer.ts";
import { type Outcome, recordOutcomes } from "../../shared/messaging/outcomes.ts";
import { openPipeline, type Pipeline } from "../helpers/pipeline.ts";
import { until } from "../helpers/processes.ts";

let p: Pipeline;
beforeEach(async () => {
  p = await openPipeline();
});
afterEach(() => p.close());

const status = async (id: string) => (await findCampaign(p.db, id))?.status;
const jobs = (type: string) =>
  query<{ run_at: Date }>(p.db, "select run_at from jobs.jobs where type = ? and state in ('queued', 'scheduled')", [
    type,
  ]);
const clearJobs = () => query(p.db, "delete from jobs.jobs");
const dispatchStatus = async (id: string) =>
  (await query<{ status: string }>(p.db, "select status from messaging.dispatches where source_id = ?", [id]))[0]
    ?.status;
const attempt = "01900000-0000-7000-8000-000000000001";
const policy = { maxAttempts: 3, backoffMs: () => 50 };

/** A campaign of three: two accepted, one that may have been sent, and therefore held. */
const heldCampaign = async () => {
  await p.people(3);
  const id = await p.launch();
  await query(p.db, "update messaging.messages set state = 'accepted' where source_id = ?", [id]);
  const [row] = await query<{ id: string; address: string }>(
    p.db,
    `update messaging.messages set state = 'unknown', attempt_id = ?, attempts = 1
     where id = (select id from messaging.messages where source_id = ? limit 1) returning id, address`,
    [attempt, id],
  );
  await finalizeCampaign(p.deps, id);
  expect(await status(id)).toBe("held");
  await clearJobs();
  const late = (outcome: Outcome) =>
    recordOutcomes(
      p.db,
      "email",
      [
        {
          id: row?.id as string,
          attemptId: attempt,
          sourceId: id,
          attempts: 1,
          address: row?.address as string,
          outcome,
          at: new Date(),
        },
      ],
      policy,
    );
  return { id, late };
};

test("a late acceptance ends a campaign that was held for it", async () => {
  const { id, late } = await heldCampaign();
  await catchUpCampaigns(p.deps);
  expect(await jobs("campaign.finalize")).toHaveLength(0);
  expect((await late({ kind: "accepted", providerMessageId: "q1", detail: null })).size).toBe(1);
  await catchUpCampaigns(p.deps);
  expect(await jobs("campaign.finalize")).toHaveLength(1);
  await finalizeCampaign(p.deps, id);
  expect(await status(id)).toBe("completed");
});

test("a late refusal lets a campaign that was held for it run again", async () => {
  const { id, late } = await heldCampaign();
  expect((await late({ kind: "transient", detail: "451 later" })).size).toBe(1);
  await catchUpCampaigns(p.deps);
  await finalizeCampaign(p.deps, id);
  expect(await status(id)).toBe("running");
  p.sender();
  expect(await p.finished(id)).toBe("completed");
  expect((await p.stats(id)).states).toMatchObject({ accepted: 3, queued: 0, unknown: 0 });
});

test("resumed in the moment in which its audience becomes complete, it runs and does not prepare for ever", async () => {
  await p.people(3);
  const { id } = await createCampaign(p.deps, {
    channel: "email",
    name: "x",
    audience: { all: true },
    content: { subject: "Hi", html: "<p>x</p>" },
  });
  await launchCampaign(p.deps, { id });
  await pauseCampaign(p.deps, { id });
  // The last chunk's transaction holds the campaign while resume looks at it.
  const trx = await p.db.transaction();
  await findCampaign(trx, id, true);
  const resumed = resumeCampaign(p.deps, { id });
  const waiting = "select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()";
  while ((await query(p.db, waiting)).length === 0);
  await query(trx, "update campaigns.campaigns set audience_complete = true where id = ?", [id]);
  await trx.commit();
  expect(await resumed).toEqual({ id, status: "running" });
});

test("a draft that is saved in the moment in which it is launched goes out as it was saved", async () => {
  const content = (words: string) => ({ subject: words, html: `<p>${words}</p>` });
  const { id } = await createCampaign(p.deps, {
    ...{ channel: "email", name: "x", audience: { all: true }, content: content("Wrong date") },
  });
  // Whoever launches waits here, at the content, having read the draft.
  const { id: other } = await createCampaign(p.deps, {
    ...{ channel: "email", name: "y", audience: { all: true }, content: content("Wrong date") },
  });
  await launchCampaign(p.deps, { id: other });
  const trx = await p.db.transaction();
  await query(trx, "select 1 from messaging.contents for update");
  const launched = launchCampaign(p.deps, { id });
  const waiting = "select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()";
  while ((await query(p.db, waiting)).length === 0);
  await updateCampaign(p.deps, { id, content: content("Right date") });
  await trx.commit();
  expect(await launched).toEqual({ id, status: "preparing" });
  const frozen = await query<{ subject: string }>(
    p.db,
    "select t.subject from campaigns.campaigns c join messaging.contents t on t.id = c.content_id where c.id = ?",
    [id],
  );
  expect(frozen).toEqual([{ subject: "Right date" }]);
});

test("what comes back to the queue of a cancelled campaign is cancelled too", async () => {
  await p.people(2);
  const id = await p.launch();
  await query(p.db, "update messaging.messages set state = 'handing_off', lease_until = now() + interval '1 minute'");
  await cancelCampaign(p.deps, { id });
  await clearJobs();
  await finalizeCampaign(p.deps, id);
  const [again] = await jobs("campaign.finalize");
  expect(again?.run_at.getTime()).toBeGreaterThan(Date.now());
  // Recorded by a statement that began before the cancellation.
  await query(p.db, "update messaging.messages set state = 'queued', lease_until = null");
  await clearJobs();
  await finalizeCampaign(p.deps, id);
  expect((await p.stats(id)).states.cancelled).toBe(2);
  expect(await jobs("campaign.finalize")).toHaveLength(0);
});

const segmentRule = '{"all":[{"field":"kind","op":"eq","value":"person"}]}';
/** Half prepared: some of its rows are in the ledger when its segment is deleted. */
const heldWhilePreparing = async () => {
  await p.people(3);
  const [segment] = await query<{ id: string }>(
    p.db,
    "insert into contacts.segments (id, name, rule) values (make_uuid7(), 'S', ?::jsonb) returning id",
    [segmentRule],
  );
  const { id } = await createCampaign(p.deps, {
    channel: "email",
    name: "x",
    audience: { segmentId: segment?.id },
    content: { subject: "Hi", html: "<p>x</p>" },
  });
  await launchCampaign(p.deps, { id });
  await p.prepare(id);
  await query(
    p.db,
    "update campaigns.campaigns set status = 'preparing', audience_complete = false, audience_cursor = '00000000-0000-7000-8000-000000000000' where id = ?",
    [id],
  );
  await query(p.db, "delete from contacts.segments");
  await p.prepare(id);
  expect(await status(id)).toBe("held");
  return { id, segmentId: segment?.id as string };
};

test("held while it prepares, it sends nothing, prepares nothing, and resumes", async () => {
  const { id, segmentId } = await heldWhilePreparing();
  expect(await dispatchStatus(id)).toBe("paused");
  await query(p.db, "insert into contacts.segments (id, name, rule) values (?, 'S', ?::jsonb)", [
    segmentId,
    segmentRule,
  ]);
  // A second run of the job that was under way all the time.
  await p.prepare(id);
  expect((await findCampaign(p.db, id))?.audience_complete).toBe(false);
  expect(await resumeCampaign(p.deps, { id })).toMatchObject({ status: "preparing" });
  await p.prepare(id);
  p.sender();
  expect(await p.finished(id)).toBe("completed");
  expect((await p.stats(id)).states.accepted).toBe(3);
});

test("a retry in a campaign that is not fully prepared carries on with preparing it", async () => {
  const { id } = await heldWhilePreparing();
  await query(p.db, "update messaging.messages set state = 'failed', reason = 'rejected'");
  await clearJobs();
  expect(await retryMessages(p.deps, { id })).toEqual({ changed: 3 });
  expect(await status(id)).toBe("preparing");
  expect(await jobs("campaign.launch")).toHaveLength(1);
  await p.prepare(id);
  expect(await status(id)).toBe("held");
});

test("an interruption by shutdown on the last try of a launch does not hold the campaign", async () => {
  await p.people(1);
  const { id } = await createCampaign(p.deps, {
    channel: "email",
    name: "x",
    audience: { all: true },
    content: { subject: "Hi", html: "<p>x</p>" },
  });
  await launchCampaign(p.deps, { id });
  const run = {
    id: "job",
    attempt: 12,
    signal: AbortSignal.abort(),
    deps: p.deps,
    log: () => undefined,
    progress: () => undefined,
  };
  await expect(launchJob(id, run)).rejects.toThrow("interrupted");
  expect(await status(id)).toBe("preparing");
  await prepareCampaign(id, { ...run, signal: new AbortController().signal });
  expect(await status(id)).toBe("running");
});

test("a contact that Postgres made just now belongs to the audience, however far behind this process's clock is", async () => {
  await p.people(2);
  const behind = { ...p.deps.clock, now: () => new Date(Date.now() - 5_000), monotonic: () => performance.now() };
  const { id } = await createCampaign(p.deps, {
    channel: "email",
    name: "x",
    audience: { all: true },
    content: { subject: "Hi", html: "<p>x</p>" },
  });
  await launchCampaign({ ...p.deps, clock: behind }, { id });
  await p.prepare(id);
  expect((await p.stats(id)).recipients).toBe(2);
});

test("while the queue of emails is held nothing of it may be sent, and lifting the hold loses nobody", async () => {
  await p.people(60);
  const emails = { kind: "queue", name: "emails" } as const;
  await hold(p.db, emails, { userId: null, reason: null });
  const id = await p.launch();
  expect(await runningDispatches(p.db, "email")).toEqual([]);
  p.sender();
  await p.db.transaction((trx) => release(trx, emails));
  await raisePauseEpoch(p.deps.redis);
  expect(await p.finished(id)).toBe("completed");
  expect((await p.stats(id)).states.accepted).toBe(60);
});

test("a hold also stops what was handed to a slow provider and has not left; each of it is sent once when it is lifted", async () => {
  await p.people(20);
  p.mail.faults.add({ kind: "slow", ms: 300 });
  const id = await p.launch();
  const emails = { kind: "queue", name: "emails" } as const;
  const sender = p.sender({ connections: 1 });
  // All twenty are committed for the hand-over, and they go out one by one.
  await until("the first is taken", async () => sender.stats().sent > 0);
  await hold(p.db, emails, { userId: null, reason: null });
  await raisePauseEpoch(p.deps.redis);
  await until("nothing is under way", async () => sender.stats().inFlight === 0);
  const { states } = await p.stats(id);
  expect(states.accepted + states.queued).toBe(20);
  expect(states.queued).toBeGreaterThan(5);
  p.mail.faults.add({ kind: "none" });
  await p.db.transaction((trx) => release(trx, emails));
  await raisePauseEpoch(p.deps.redis);
  expect(await p.finished(id)).toBe("completed");
  expect((await p.stats(id)).states.accepted).toBe(20);
  const attempts = await query<{ n: number }>(p.db, "select distinct attempts as n from messaging.messages");
  expect(attempts).toEqual([{ n: 1 }]);
});

test("the key of a batch's message is nobody else's key", async () => {
  const one = { channel: "email", to: "a@example.com", content: { subject: "x", html: "<p>x</p>" } };
  const batch = await sendMessages(p.deps, { messages: [one], idempotencyKey: "k" }, undefined);
  const single = await sendMessages(p.deps, { ...one, to: "b@example.com", idempotencyKey: "k:0" }, undefined);
  expect(single.id).not.toBe(batch.messages?.[0]?.id);
});

test("a batch gives everybody the content that was asked for them, and stores each content once", async () => {
  await p.people(1);
  const [person] = await query<{ id: string }>(p.db, "select id from contacts.contacts");
  const content = (subject: string) => ({ subject, html: "<p>Hi {{firstName}}</p>" });
  const to = (address: string, subject: string) => ({
    channel: "email",
    to: address,
    content: content(subject),
    vars: { firstName: "Ada" },
  });
  const { messages = [] } = await sendMessages(
    p.deps,
    {
      messages: [
        to("a@example.com", "One"),
        to("b@example.com", "Two"),
        { channel: "email", contactId: person?.id, content: content("Two") },
        to("c@example.com", "One"),
      ],
    },
    undefined,
  );
  const rows = await query<{ address: string; subject: string; name: string; content_id: string }>(
    p.db,
    `select m.address, c.subject, m.vars ->> 'firstName' as name, m.content_id from unnest(?::uuid[]) with ordinality as asked(id, n)
     join messaging.messages m using (id) join messaging.contents c on c.id = m.content_id order by n`,
    [messages.map(({ id }) => id)],
  );
  expect(rows.map(({ address, subject, name }) => [address, subject, name])).toEqual([
    ["a@example.com", "One", "Ada"],
    ["b@example.com", "Two", "Ada"],
    ["person1@example.com", "Two", "Name1"],
    ["c@example.com", "One", "Ada"],
  ]);
  expect(new Set(rows.map((row) => row.content_id)).size).toBe(2);
});

test("one outcome that Postgres refuses keeps no other from being written", async () => {
  await p.people(3);
  const id = await p.launch();
  const rows = await query<{ id: string; address: string }>(
    p.db,
    "update messaging.messages set state = 'handing_off', attempt_id = ?, attempts = 1 where source_id = ? returning id, address",
    [attempt, id],
  );
  let written = 0;
  const writer = createOutcomeWriter({ db: p.db, log: p.deps.log }, "email", policy, (batch) => {
    written += batch.length;
  });
  const accepted: Outcome = { kind: "accepted", providerMessageId: null, detail: "250 ok" };
  for (const row of [...rows, { id: "not an id", address: "x@example.com" }])
    writer.add({ ...row, attemptId: attempt, sourceId: id, attempts: 1, outcome: accepted, at: new Date() });
  await writer.flush(3_000);
  expect(written).toBe(4);
  expect((await p.stats(id)).states.accepted).toBe(3);
});
