// The Overview's numbers: by the day things happened, people apart from programs, and everything that waits for somebody.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Deps } from "../../shared/broker/deps.ts";
import { query } from "../../shared/db/knex.ts";
import { makeIds } from "../../shared/lib/id-batch.ts";
import { singleDispatch } from "../../shared/messaging/dispatches.ts";
import { type ServedServices, serveServices } from "../helpers/service-broker.ts";

const DAY = 86_400_000;
let t: ServedServices;
let deps: Deps;

beforeAll(async () => {
  t = await serveServices(() =>
    Promise.all([
      import("../../services/campaigns/campaigns.service.ts"),
      import("../../services/campaigns/overview.service.ts"),
    ]),
  );
  const { depsOf } = await import("../../shared/broker/deps.ts");
  deps = depsOf(t.broker);
});
afterAll(() => t.close());

/** Messages of a source as they were so many days ago; answers their ids. */
const messages = async (sourceId: string, daysAgo: number, states: readonly string[]): Promise<string[]> => {
  const at = new Date(Date.now() - daysAgo * DAY);
  const ids = makeIds(states.length, at.getTime());
  const taken = new Set(["accepted", "delivered"]);
  await query(
    deps.db,
    `insert into messaging.messages (id, source, source_id, channel, state, created_at, accepted_at)
     select id, 'campaign', ?::uuid, 'email', state, ?, accepted_at
     from json_to_recordset(?::json) as v (id uuid, state text, accepted_at timestamptz)`,
    [
      sourceId,
      at,
      JSON.stringify(states.map((state, i) => ({ id: ids[i], state, accepted_at: taken.has(state) ? at : null }))),
    ],
  );
  return ids;
};

const event = async (messageId: string, type: string, human: boolean | null, daysAgo: number) => {
  const at = Date.now() - daysAgo * DAY;
  await query(
    deps.db,
    `insert into messaging.delivery_events (id, message_id, source_id, type, provider, provider_event_id, human, at)
     values (?, ?, ?, ?, 'tracking', ?, ?, ?)`,
    [makeIds(1, at)[0], messageId, deps.id(), type, deps.id(), human, new Date(at)],
  );
};

const campaign = async (name: string, status: string, more: { reason?: string; launchedAt?: Date } = {}) => {
  const id = deps.id();
  await query(
    deps.db,
    `insert into campaigns.campaigns (id, name, channel, status, held_reason, audience, content, launched_at)
     values (?, ?, 'email', ?, ?, '{"all":true}', '{}', ?)`,
    [id, name, status, more.reason ?? null, more.launchedAt ?? null],
  );
  return id;
};

test("an empty workspace has noughts, and no step is done", async () => {
  const nothing = { sent: 0, delivered: 0, bounced: 0, failed: 0, opens: 0, clicks: 0 };
  expect(await t.call("overview.show", { today: new Date(Date.now() - 3_600_000).toISOString() })).toEqual({
    today: [],
    days: 7,
    period: nothing,
    previous: nothing,
    attention: { held: [], unknownSingles: 0, problems: [] },
    next: [],
    firstSteps: { tested: false, launched: false },
  });
});

test("counts fall into today, these seven days and the seven before; programs that open mail do not count", async () => {
  const source = deps.id();
  const today = await messages(source, 0, ["accepted", "accepted", "skipped"]);
  const recent = await messages(source, 3, ["delivered", "delivered", "accepted", "bounced", "failed", "skipped"]);
  const before = await messages(source, 10, ["delivered", "failed", "failed"]);
  await messages(source, 20, ["delivered", "delivered"]);
  await event(today[0] as string, "opened", null, 0);
  await event(recent[0] as string, "opened", true, 2);
  await event(recent[0] as string, "opened", true, 1);
  await event(recent[1] as string, "opened", false, 2);
  await event(recent[0] as string, "clicked", true, 2);
  await event(before[0] as string, "opened", true, 9);
  const midnight = new Date(Date.now() - 60_000).toISOString();
  expect(await t.call("overview.show", { today: midnight })).toMatchObject({
    today: [{ channel: "email", sent: 2 }],
    period: { sent: 5, delivered: 2, bounced: 1, failed: 1, opens: 2, clicks: 1 },
    previous: { sent: 1, delivered: 1, bounced: 0, failed: 2, opens: 1, clicks: 0 },
  });
});

test("what waits for somebody is there with the messages to decide over, and what starts within a day", async () => {
  const held = await campaign("Held", "held", { reason: "unknown_messages" });
  await messages(held, 1, ["unknown", "unknown", "accepted"]);
  await messages(singleDispatch.transactional, 0, ["unknown"]);
  const soon = await campaign("Soon", "scheduled", { launchedAt: new Date(Date.now() + 3_600_000) });
  await campaign("Later", "scheduled", { launchedAt: new Date(Date.now() + 3 * DAY) });
  const shown = await t.call("overview.show", {});
  expect(shown.attention).toMatchObject({
    held: [{ id: held, name: "Held", reason: "unknown_messages", unknown: 2 }],
    unknownSingles: 1,
  });
  expect(shown.next.map(({ id }) => id)).toEqual([soon]);
  expect(shown.firstSteps).toEqual({ tested: true, launched: true });
});
