// Words that come late: after the lease, after an operator's or the sweep's decision to send again, after a claim went to
// somebody else. What is known by then decides, so that nobody gets a mail again that we know they have.
import { afterEach, beforeEach, expect, test } from "vitest";
import { resolveMessages } from "../../services/campaigns/campaigns/ledger-acts.ts";
import { pauseCampaign } from "../../services/campaigns/campaigns/life-cycle.ts";
import { sendMessages } from "../../services/campaigns/messages/send.ts";
import { query } from "../../shared/db/knex.ts";
import { applyFeedback, type Feedback } from "../../shared/messaging/feedback.ts";
import { type Outcome, recordOutcomes } from "../../shared/messaging/outcomes.ts";
import { sweepLeases } from "../../shared/messaging/sweep.ts";
import { openPipeline, type Pipeline } from "../helpers/pipeline.ts";
import { until } from "../helpers/processes.ts";
import { scriptedSmtp } from "../helpers/scripted-smtp.ts";

let p: Pipeline;
beforeEach(async () => {
  p = await openPipeline();
});
afterEach(() => p.close());

const attempt = "01900000-0000-7000-8000-000000000001";
const policy = { maxAttempts: 3, backoffMs: () => 50 };
const accepted: Outcome = { kind: "accepted", providerMessageId: null, detail: "250 ok" };

interface Row {
  readonly id: string;
  readonly source_id: string;
  readonly address: string;
  readonly state: string;
  readonly attempts: number;
}
const rows = () =>
  query<Row>(p.db, "select id, source_id, address, state, attempts from messaging.messages order by address");
const states = async () => (await rows()).map(({ state }) => state);
const word = async (outcome: Outcome, at = 0) => {
  const row = (await rows())[at] as Row;
  const { id, source_id: sourceId, address, attempts } = row;
  await recordOutcomes(
    p.db,
    "email",
    [{ id, attemptId: attempt, sourceId, attempts, address, outcome, at: new Date() }],
    policy,
  );
};
const told = async (kind: Feedback["kind"], at = 0) => {
  const messageId = (await rows())[at]?.id as string;
  const one = { messageId, providerMessageId: null, kind, hard: false, eventId: `${kind} ${at}`, detail: null };
  return p.db.transaction((trx) => applyFeedback(trx, "postmark", [{ ...one, at: new Date() }], new Date()));
};
const alert = () =>
  sendMessages(
    p.deps,
    { channel: "email", to: "warden@example.com", content: { subject: "Flood", html: "<p>x</p>" }, kind: "alert" },
    undefined,
  );
/** A paused campaign of two, of which nobody knows whether they were sent. */
const unknowns = async () => {
  await p.people(2);
  const id = await p.launch();
  await pauseCampaign(p.deps, { id });
  await query(p.db, "update messaging.messages set state = 'unknown', attempt_id = ?, attempts = 1", [attempt]);
  return id;
};

test("an alert is not sent for ever through a server that takes each mail and never says so", async () => {
  const server = await scriptedSmtp(({ line, socket }) => {
    if (line === "body") socket.destroy();
    return undefined;
  });
  try {
    p.sender({ smtpUrls: [server.url], policy });
    await alert();
    await until("it is given up", async () => (await states())[0] === "unknown", { timeoutMs: 15_000 });
    expect(server.taken).toHaveLength(3);
  } finally {
    await server.close();
  }
});

test("an alert whose sender ended is sent again a few times, but not when its word comes after all", async () => {
  await alert();
  const lost = (attempts: number) =>
    query(
      p.db,
      "update messaging.messages set state = 'handing_off', attempt_id = ?, attempts = ?, lease_until = now() - interval '1 s'",
      [attempt, attempts],
    );
  await lost(2);
  expect(await sweepLeases(p.db, "email", 3)).toMatchObject({ requeued: 1, unknown: 0 });
  await word({ kind: "unknown", detail: "no answer" });
  expect(await states()).toEqual(["queued"]);
  await word(accepted);
  expect(await states()).toEqual(["accepted"]);
  await lost(3);
  expect(await sweepLeases(p.db, "email", 3)).toMatchObject({ requeued: 0, unknown: 1 });
});

test("what waits to be sent again is not, once its sender's late word says that it was taken", async () => {
  const id = await unknowns();
  expect(await resolveMessages(p.deps, { id, action: "resend" })).toEqual({ changed: 2 });
  await word({ kind: "unknown", detail: "no answer" });
  expect(await states()).toEqual(["queued", "queued"]);
  await word(accepted);
  expect(await states()).toEqual(["accepted", "queued"]);
});

test("what waits to be sent again is not, once the provider says that it was taken or arrived", async () => {
  const id = await unknowns();
  await resolveMessages(p.deps, { id, action: "resend" });
  await query(p.db, "delete from jobs.jobs");
  expect(await told("delivered")).toMatchObject({ decided: [id] });
  // One that a sender holds already: its hand-over finds the claim gone.
  await query(p.db, "update messaging.messages set state = 'claimed' where state = 'queued'");
  await told("accepted", 1);
  expect(await states()).toEqual(["delivered", "accepted"]);
});

test("a message that was closed as unknown says so no longer once it arrived, or came back", async () => {
  const id = await unknowns();
  await resolveMessages(p.deps, { id, action: "close" });
  expect((await p.stats(id)).reasons).toEqual({ unknown_closed: 2 });
  await told("delivered");
  await told("bounced", 1);
  expect(await states()).toEqual(["delivered", "bounced"]);
  expect((await p.stats(id)).reasons).toEqual({ soft_bounce: 1 });
});
