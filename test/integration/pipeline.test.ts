// The send pipeline, email over real SMTP: who gets it, who does not and why, and what the provider's word does.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createCampaign } from "../../services/campaigns/campaigns/drafts.ts";
import { launchCampaign } from "../../services/campaigns/campaigns/launch.ts";
import { resolveMessages, retryMessages } from "../../services/campaigns/campaigns/ledger-acts.ts";
import {
  cancelCampaign,
  finalizeCampaign,
  pauseCampaign,
  resumeCampaign,
} from "../../services/campaigns/campaigns/life-cycle.ts";
import { preflightCampaign } from "../../services/campaigns/campaigns/preflight.ts";
import { sendMessages } from "../../services/campaigns/messages/send.ts";
import { listMail } from "../../services/sandbox/list-mail.ts";
import { query } from "../../shared/db/knex.ts";
import { openPipeline, type Pipeline } from "../helpers/pipeline.ts";
import { until } from "../helpers/processes.ts";

let p: Pipeline;
beforeEach(async () => {
  p = await openPipeline();
});
afterEach(() => p.close());

const mails = async (limit = 1000) => (await listMail(p.mail, { limit, order: "asc" } as never)).data;

describe("a campaign", () => {
  test("reaches everybody once, and the ledger says who was left out and why", async () => {
    await p.people(300);
    await query(
      p.db,
      "insert into contacts.contacts (id, community_id, email, first_name) select make_uuid7(), id, 'silent@example.com', 'S' from contacts.communities",
    );
    await query(
      p.db,
      "insert into contacts.contacts (id, community_id, phone, first_name) select make_uuid7(), id, '+12025550100', 'P' from contacts.communities",
    );
    await query(
      p.db,
      "insert into consent.suppressions (id, channel, address, reason) values (make_uuid7(), 'email', 'person7@example.com', 'manual'), (make_uuid7(), 'email', 'person8@example.com', 'hard_bounce')",
    );
    await query(p.db, "update contacts.contacts set first_name = null where email = 'person9@example.com'");
    const draft = await createCampaign(p.deps, {
      channel: "email",
      name: "x",
      audience: { all: true },
      content: { subject: "Hello {{firstName}}", html: "<p>{{attrs.city|somewhere}}</p>" },
    });
    const preflight = await preflightCampaign(p.deps, { id: draft.id });
    expect(preflight).toMatchObject({
      recipients: 297,
      excluded: { no_consent: 1, no_address: 1, suppressed: 1, bounced_before: 1, missing_field: 1 },
      missingFields: [{ field: "firstName", contacts: 1 }],
    });
    p.sender();
    const id = await p.launch();
    expect(await p.finished(id)).toBe("completed");
    const stats = await p.stats(id);
    expect(stats.recipients).toBe(302);
    expect(stats.states).toMatchObject({
      accepted: 297,
      skipped: 5,
      queued: 0,
      claimed: 0,
      handing_off: 0,
      unknown: 0,
    });
    expect(stats.reasons).toEqual(preflight.excluded);
    const sent = await mails();
    expect(sent).toHaveLength(297);
    expect(new Set(sent.map((m) => String(m.to))).size).toBe(297);
    const one = sent.find((m) => String(m.to).includes("person3@"));
    expect(one?.subject).toBe("Hello Name3");
    expect(one?.html).toContain("Hi Name3 of Town, 3,");
    expect(one?.text).toContain("Unsubscribe");
    expect(one?.html).toContain("1 Sample Street");
  });

  test("launched by several clicks at once has one audience", async () => {
    await p.people(50);
    const draft = await createCampaign(p.deps, {
      channel: "email",
      name: "x",
      audience: { all: true },
      content: { subject: "Hi", html: "<p>x</p>" },
    });
    const launches = await Promise.allSettled([1, 2, 3].map(() => launchCampaign(p.deps, { id: draft.id })));
    expect(launches.filter((l) => l.status === "fulfilled")).toHaveLength(1);
    for (const l of launches)
      if (l.status === "rejected") expect(l.reason).toMatchObject({ type: "CAMPAIGN_STATE_WRONG" });
    p.sender();
    await Promise.all([p.prepare(draft.id), p.prepare(draft.id)]);
    expect(await p.finished(draft.id)).toBe("completed");
    expect((await p.stats(draft.id)).recipients).toBe(50);
    expect(await mails()).toHaveLength(50);
  });

  test("stops within a second when paused, and loses nobody", async () => {
    await p.people(400);
    p.sender();
    const id = await p.launch({ rate: { perSecond: 100 } });
    await until("the first mails", async () => (await p.stats(id)).states.accepted > 20);
    await pauseCampaign(p.deps, { id });
    const settled = await until("nothing under way", async () => {
      const { states } = await p.stats(id);
      return states.claimed + states.handing_off === 0 ? states : undefined;
    });
    expect(settled.queued).toBeGreaterThan(0);
    const before = (await mails()).length;
    await resumeCampaign(p.deps, { id });
    expect(await p.finished(id)).toBe("completed");
    expect(before).toBe(settled.accepted);
    expect(await mails()).toHaveLength(400);
  });

  test("cancelled sends no more and accounts for everybody", async () => {
    await p.people(300);
    p.sender();
    const id = await p.launch({ rate: { perSecond: 60 } });
    await until("the first mails", async () => (await p.stats(id)).states.accepted > 5);
    await cancelCampaign(p.deps, { id });
    const states = await until("everybody accounted for", async () => {
      await finalizeCampaign(p.deps, id);
      const found = (await p.stats(id)).states;
      return found.queued + found.claimed + found.handing_off === 0 ? found : undefined;
    });
    expect(states.accepted + states.cancelled).toBe(300);
    expect(await mails()).toHaveLength(states.accepted);
  });
});

describe("the provider's word", () => {
  test("a throttle costs no attempt and everybody is reached once it ends", async () => {
    await p.people(60);
    p.mail.faults.add({ kind: "throttle", code: 454, count: 10 } as never);
    p.sender();
    const id = await p.launch();
    expect(await p.finished(id)).toBe("completed");
    expect((await p.stats(id)).states.accepted).toBe(60);
    const rows = await query<{ max: number }>(p.db, "select max(attempts) from messaging.messages");
    expect(rows[0]?.max).toBe(1);
    expect(await mails()).toHaveLength(60);
  });

  test("a closing server (421) is waited for", async () => {
    await p.people(40);
    p.mail.faults.add({ kind: "throttle", code: 421, count: 5 } as never);
    p.sender();
    const id = await p.launch();
    expect(await p.finished(id)).toBe("completed");
    expect(await mails()).toHaveLength(40);
  });

  test("a dead mailbox bounces, is suppressed, and keeps its answer word for word", async () => {
    await p.people(20);
    p.mail.faults.add({ kind: "reject", code: 550, to: "person5@example.com" } as never);
    p.sender();
    const id = await p.launch();
    expect(await p.finished(id)).toBe("completed");
    expect((await p.stats(id)).states).toMatchObject({ accepted: 19, bounced: 1 });
    const [row] = await query<{ detail: string; reason: string }>(
      p.db,
      "select detail, reason from messaging.messages where state = 'bounced'",
    );
    expect(row).toMatchObject({ reason: "hard_bounce", detail: expect.stringMatching(/^550/) });
    const second = await p.launch();
    expect(await p.finished(second)).toBe("completed");
    expect((await p.stats(second)).reasons).toEqual({ bounced_before: 1 });
  });

  test("silence after the mail was taken is unknown: the campaign is held, resend and close decide", async () => {
    await p.people(10);
    p.mail.faults.add({ kind: "timeout_after_accept", ms: 300, to: "person3@example.com" } as never);
    p.mail.faults.add({ kind: "timeout_after_accept", ms: 300, to: "person4@example.com" } as never);
    p.sender({ answerMs: 2_000 });
    const id = await p.launch();
    expect(await p.finished(id)).toBe("held");
    const held = await p.stats(id);
    expect(held).toMatchObject({ heldReason: "unknown_messages", states: { accepted: 8, unknown: 2 } });
    p.mail.faults.add({ kind: "none" } as never);
    const rows = await query<{ id: string }>(
      p.db,
      "select id from messaging.messages where state = 'unknown' order by address",
    );
    expect(await resolveMessages(p.deps, { id, ids: [rows[0]?.id as string], action: "close" })).toEqual({
      changed: 1,
    });
    expect(await resolveMessages(p.deps, { id, action: "resend" })).toEqual({ changed: 1 });
    expect(await p.finished(id)).toBe("completed");
    expect((await p.stats(id)).states).toMatchObject({ accepted: 9, failed: 1, unknown: 0 });
    expect((await p.stats(id)).reasons).toEqual({ unknown_closed: 1 });
    // Both were taken before the silence; the resent one has come twice because the operator said so, with one Message-ID.
    const sent = await mails();
    expect(sent.filter((m) => String(m.to).includes("person3@"))).toHaveLength(1);
    const again = sent.filter((m) => String(m.to).includes("person4@"));
    expect(new Set(again.map((m) => (m.headers as Record<string, string>)["message-id"])).size).toBe(1);
  });

  test("a refusal of the mail itself fails it without condemning the address, and can be retried", async () => {
    await p.people(5);
    p.mail.faults.add({ kind: "reject", code: 554, to: "person2@example.com" } as never);
    p.sender();
    const id = await p.launch();
    expect(await p.finished(id)).toBe("completed");
    expect((await p.stats(id)).states).toMatchObject({ accepted: 4, failed: 1 });
    p.mail.faults.add({ kind: "none" } as never);
    expect(await retryMessages(p.deps, { id })).toEqual({ changed: 1 });
    expect(await p.finished(id)).toBe("completed");
    expect((await p.stats(id)).states).toMatchObject({ accepted: 5, failed: 0 });
    expect(await mails()).toHaveLength(5);
  });
});

describe("many senders", () => {
  test("share a campaign and its rate, and nobody is reached twice", async () => {
    await p.people(240);
    for (let i = 0; i < 3; i++) p.sender();
    const begun = performance.now();
    const id = await p.launch({ rate: { perSecond: 80 } });
    expect(await p.finished(id)).toBe("completed");
    const seconds = (performance.now() - begun) / 1000;
    const sent = await mails();
    expect(new Set(sent.map((m) => String(m.to))).size).toBe(240);
    expect(sent).toHaveLength(240);
    // Never above rate × time + one second of rate: the mailbox counts, not a stopwatch on our side.
    expect(240).toBeLessThanOrEqual(80 * seconds + 80);
  });

  test("give back what they hold when they stop, and another finishes", async () => {
    await p.people(500);
    const first = p.sender();
    const id = await p.launch();
    await until("some mails", async () => (await p.stats(id)).states.accepted > 50, { everyMs: 10 });
    await first.stop(5_000);
    // From the rows themselves: the numbers of a running campaign are shared for a second.
    const held = await query<{ n: number }>(
      p.db,
      "select count(*)::int as n from messaging.messages where state in ('claimed', 'handing_off', 'unknown')",
    );
    expect(held[0]?.n).toBe(0);
    p.sender();
    expect(await p.finished(id)).toBe("completed");
    expect(await mails()).toHaveLength(500);
  });
});

describe("single messages", () => {
  test("are sent once per idempotency key, without unsubscribe headers or tracking", async () => {
    p.sender();
    const ask = {
      channel: "email",
      to: "Ada@Example.com",
      content: {
        subject: "Code {{code}}",
        html: '<p>Your code is {{code}} <a href="https://example.org/x">here</a></p>',
      },
      vars: { code: "42" },
    };
    const [a, b] = await Promise.all([sendMessages(p.deps, ask, "key-1"), sendMessages(p.deps, ask, "key-1")]);
    expect(a.id).toBe(b.id);
    const sent = await until("the mail", async () => ((await mails()).length > 0 ? mails() : undefined));
    expect(sent).toHaveLength(1);
    expect(sent[0]).toMatchObject({ subject: "Code 42" });
    expect(sent[0]?.html).toContain('href="https://example.org/x"');
    expect(Object.keys(sent[0]?.headers as object)).not.toContain("list-unsubscribe");
  });

  test("name what is missing", async () => {
    await expect(
      sendMessages(
        p.deps,
        { channel: "email", to: "a@example.com", content: { subject: "Hi {{name}}", html: "<p>x</p>" } },
        undefined,
      ),
    ).rejects.toMatchObject({ type: "TEMPLATE_INVALID", data: { errors: [{ path: "content.subject" }] } });
    await expect(
      sendMessages(p.deps, { channel: "email", to: "nope", content: { subject: "Hi", html: "<p>x</p>" } }, undefined),
    ).rejects.toMatchObject({ type: "VALIDATION_FAILED", data: { errors: [{ path: "to" }] } });
  });
});
