// The sample workspace: filled in once, in agreement with itself, never mailed for real, and removed without a trace.
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Deps } from "../../shared/broker/deps.ts";
import { query } from "../../shared/db/knex.ts";
import { sampleCampaigns } from "../../shared/lib/sample/sample-content.ts";
import { sampleId } from "../../shared/lib/sample/sample-ids.ts";
import { type ServedServices, serveServices } from "../helpers/service-broker.ts";

let t: ServedServices;
let deps: Deps;
let fill: () => Promise<void>;
let remove: () => Promise<void>;

const tables = [
  "contacts.contacts",
  "contacts.contact_tags",
  "contacts.tags",
  "contacts.communities",
  "contacts.segments",
  "consent.consents",
  "consent.current",
  "consent.suppressions",
  "campaigns.campaigns",
  "campaigns.templates",
  "campaigns.template_versions",
  "messaging.messages",
  "messaging.message_keys",
  "messaging.delivery_events",
  "messaging.dispatches",
];
const rows = async () => {
  const counts: Record<string, number> = {};
  for (const table of tables)
    counts[table] = Number((await query<{ n: string }>(deps.db, `select count(*) as n from ${table}`))[0]?.n);
  return counts;
};

beforeAll(async () => {
  t = await serveServices(() =>
    Promise.all([
      import("../../services/contacts/sample.service.ts"),
      import("../../services/contacts/contacts.service.ts"),
      import("../../services/contacts/segments.service.ts"),
      import("../../services/campaigns/campaigns.service.ts"),
      import("../../services/campaigns/overview.service.ts"),
      import("../../services/campaigns/templates.service.ts"),
    ]),
  );
  const { depsOf } = await import("../../shared/broker/deps.ts");
  const { seedSample } = await import("../../services/contacts/sample/seed-sample.ts");
  const { seedSampleCampaigns } = await import("../../services/campaigns/sample/seed-sample.ts");
  const { removeSampleCampaigns } = await import("../../services/campaigns/sample/remove-sample.ts");
  const { removeSample } = await import("../../services/contacts/sample/remove-sample.ts");
  deps = depsOf(t.broker);
  fill = async () => {
    await seedSample(deps);
    await seedSampleCampaigns(deps);
  };
  remove = async () => {
    await t.call("sample.remove", {});
    await removeSampleCampaigns(deps);
    await removeSample(deps);
  };
});
afterAll(() => t.close());

let before: Record<string, number>;
beforeEach(async () => {
  await deps.db.raw("delete from contacts.contacts");
  await deps.db.raw("delete from contacts.sample");
  await deps.db.raw("delete from jobs.jobs");
  before = await rows();
});

test("filling it in twice, also after a half-done run, makes nothing twice", async () => {
  await fill();
  const once = await rows();
  expect(once["contacts.contacts"]).toBe(200);
  expect(once["messaging.messages"]).toBe((before["messaging.messages"] ?? 0) + 200);
  await fill();
  expect(await rows()).toEqual(once);
  expect(await t.call("sample.get", {})).toEqual({
    state: "present",
    people: 200,
    segments: 3,
    tags: 4,
    communities: 2,
  });
  await remove();
});

test("it is not filled in where there is anybody already", async () => {
  await t.call("contacts.create", { email: "ada@example.org" });
  await fill();
  expect((await t.call("contacts.list", {})).total).toBe(1);
  expect((await t.call("sample.get", {})).state).toBe("none");
});

test("its finished campaign shows every state and reason, and adds up to its audience", async () => {
  await fill();
  const stats = await t.call("campaigns.stats", { id: sampleCampaigns.finished.id });
  expect(stats).toMatchObject({ status: "completed", recipients: 200, unsubscribes: 1, complaints: 1 });
  for (const state of ["accepted", "delivered", "skipped", "failed", "bounced"] as const)
    expect(stats.states[state], state).toBeGreaterThan(0);
  const reasons =
    "suppressed no_consent no_address duplicate_address missing_field bounced_before hard_bounce rejected";
  for (const reason of `${reasons} gave_up unknown_closed`.split(" "))
    expect(stats.reasons[reason], reason).toBeGreaterThan(0);
  expect(stats.opens.human).toBeLessThan(stats.opens.all);
  expect(stats.clicks.human).toBeLessThan(stats.clicks.all);
  // What people see of a person agrees with what the ledger says: only those who were reached can be reached again.
  const again = await t.call("campaigns.clone", { id: sampleCampaigns.finished.id });
  const preflight = await t.call("campaigns.preflight", { id: again.id });
  const open = stats.states.accepted + stats.states.delivered + stats.states.failed;
  expect(preflight.recipients).toBe(open - stats.unsubscribes - stats.complaints);
  expect((await t.call("templates.list", {})).data.map(({ publishedVersion }) => publishedVersion)).toEqual([1, 1]);
  expect((await t.call("overview.show", {})).firstSteps).toEqual({ tested: false, launched: false });
  await t.call("campaigns.remove", { id: again.id });
  await remove();
});

test("removing takes everything away, also what was changed, and leaves what people added", async () => {
  await fill();
  await t.call("contacts.update", { id: sampleId("contact", 1), email: "renamed@example.org", firstName: "Renamed" });
  await t.call("segments.update", { id: sampleId("segment", 1), name: "Renamed" });
  const own = await t.call("contacts.create", {
    email: "mine@example.org",
    tags: ["workshops"],
    communityId: sampleId("community", 1),
  });
  const draft = await t.call("campaigns.create", {
    name: "Mine",
    channel: "email",
    audience: { all: true },
    content: { subject: "Hi", html: "<p>Hi</p>" },
  });
  expect(await t.call("sample.get", {})).toMatchObject({ people: 200, tags: 3, communities: 1 });
  await remove();
  expect((await t.call("sample.get", {})).state).toBe("none");
  expect((await t.call("contacts.list", {})).data).toMatchObject([
    { id: own.id, tags: ["workshops"], communityId: sampleId("community", 1) },
  ]);
  expect((await t.call("campaigns.list", {})).data.map(({ id }) => id)).toEqual([draft.id]);
  const kept = { "contacts.contacts": 1, "contacts.contact_tags": 1, "contacts.tags": 1, "campaigns.campaigns": 1 };
  const expected = Object.fromEntries(tables.map((table) => [table, before[table] ?? 0]));
  for (const [table, more] of Object.entries(kept)) expected[table] = (expected[table] ?? 0) + more;
  expected["contacts.communities"] = (expected["contacts.communities"] ?? 0) + 1;
  expect(await rows()).toEqual(expected);
  await t.call("campaigns.remove", { id: draft.id });
  await deps.db.raw("delete from contacts.contacts");
  await fill();
  expect((await t.call("contacts.list", {})).total).toBe(0);
  await deps.db.raw("delete from contacts.tags");
  await deps.db.raw("delete from contacts.communities where not is_default");
});

test("a sample draft that somebody launched is theirs, and stays with its ledger", async () => {
  await fill();
  await t.call("campaigns.launch", { id: sampleCampaigns.draft.id });
  expect((await t.call("overview.show", {})).firstSteps.launched).toBe(true);
  await remove();
  expect((await t.call("campaigns.list", {})).data.map(({ id }) => id)).toEqual([sampleCampaigns.draft.id]);
});
