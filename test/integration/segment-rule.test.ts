// Segment rules on real Postgres: every rule that is taken can be run, and finds whom it says.
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bind } from "../../shared/lib/bind.ts";
import { compileRule, RuleError, ruleSentence, segmentFieldNames, segmentOps } from "../../shared/lib/segment-rule.ts";
import { type TestDeps, useCaseDeps } from "../helpers/use-case-deps.ts";

let at: TestDeps;
const now = new Date("2026-03-01T00:00:00Z");
const ids = {
  ada: "019c0000-0000-7000-8000-000000000001",
  bob: "019c0000-0000-7000-8000-000000000002",
  cid: "019c0000-0000-7000-8000-000000000003",
};

beforeAll(async () => {
  at = await useCaseDeps();
  const { db } = at.deps;
  await db.raw("insert into contacts.communities (id, name) values (make_uuid7(), 'North Side')");
  await db.raw(
    `insert into contacts.contacts (id, community_id, email, phone, first_name, stage, score, attrs, created_at)
     select v.id::uuid, c.id, v.email, v.phone, v.first_name, v.stage, v.score, v.attrs::jsonb, '2026-01-15' from (values
       (?, 'ada@example.com', '+14155550101', 'Ada', 'sales', 80, '{"city":"Berlin","age":"36","since":"2025-06-01","at":"2026-02-28 09:30"}', 'North Side'),
       (?, 'bob@example.com', null, 'Bob', 'awareness', 5, '{"city":"Paris","age":4,"vip":true}', 'Everyone'),
       (?, null, '+14155550103', null, 'churn', 0, '{}', 'Everyone')) v (id, email, phone, first_name, stage, score, attrs, community)
     join contacts.communities c on c.name = v.community`,
    [ids.ada, ids.bob, ids.cid],
  );
  await db.raw("insert into contacts.tags (id, name) values (make_uuid7(), 'VIP'), (make_uuid7(), 'local')");
  await db.raw("insert into contacts.contact_tags (contact_id, tag_id) select ?::uuid, id from contacts.tags", [
    ids.ada,
  ]);
  await db.raw(
    "insert into contacts.contact_tags (contact_id, tag_id) select ?::uuid, id from contacts.tags where name = 'local'",
    [ids.bob],
  );
  const message = "019c0000-0000-7000-8000-000000000100";
  await db.raw(
    "insert into messaging.messages (id, source, source_id, channel, contact_id, state) values (?, 'campaign', make_uuid7(), 'email', ?, 'accepted')",
    [message, ids.ada],
  );
  for (const [type, when, human] of [
    ["opened", "2026-02-20", null],
    ["clicked", "2026-02-21", false],
    ["replied", "2026-02-22", true],
  ] as const)
    await db.raw(
      "insert into messaging.delivery_events (id, message_id, source_id, type, provider, provider_event_id, human, at) values (make_uuid7(), ?, make_uuid7(), ?, 'x', ?, ?, ?)",
      [message, type, type, human, when],
    );
});
afterAll(() => at.close());

const names = Object.fromEntries(Object.entries(ids).map(([name, id]) => [id, name]));
const found = async (rule: unknown): Promise<string> => {
  const { sql, bindings } = compileRule(rule, { now });
  const { rows } = await at.deps.db.raw<{ rows: { id: string }[] }>(
    `select c.id from contacts.v_contacts c where ${sql} order by c.id`,
    bind(...bindings),
  );
  return rows.map((row) => names[row.id]).join(" ");
};

test.each([
  ["email", "eq", "ADA@example.com", "ada"],
  ["email", "ne", "ada@example.com", "bob cid"],
  ["email", "isSet", undefined, "ada bob"],
  ["email", "notSet", undefined, "cid"],
  ["email", "contains", "EXAMPLE", "ada bob"],
  ["email", "startsWith", "bo", "bob"],
  ["email", "contains", "%", ""],
  ["email", "in", ["BOB@example.com", "x@y.zz"], "bob"],
  ["phone", "eq", "+1 (415) 555-0101", "ada"],
  ["firstName", "eq", "ada", "ada"],
  ["stage", "in", ["sales", "churn"], "ada cid"],
  ["score", "gt", 4.5, "ada bob"],
  ["score", "in", [0, 80], "ada cid"],
  ["community", "eq", "north side", "ada"],
  ["community", "ne", "north side", "bob cid"],
  ["tags", "has", "vip", "ada"],
  ["tags", "in", ["vip", "LOCAL"], "ada bob"],
  ["tags", "ne", "vip", "bob cid"],
  ["tags", "notSet", undefined, "cid"],
  ["createdAt", "before", "2026-02-01", "ada bob cid"],
  ["createdAt", "after", "-30d", ""],
  ["attrs.city", "eq", "berlin", "ada"],
  ["attrs.city", "ne", "Berlin", "bob cid"],
  ["attrs.age", "gte", 4, "ada bob"],
  ["attrs.age", "gt", 30, "ada"],
  ["attrs.age", "eq", 36, "ada"],
  ["attrs.city", "gt", 1, ""],
  ["attrs.vip", "eq", true, "bob"],
  ["attrs.since", "before", "2025-07-01", "ada"],
  ["attrs.since", "before", "2025-06-01", ""],
  ["attrs.since", "after", "2025-06-01", ""],
  ["attrs.since", "after", "2025-05-31", "ada"],
  ["attrs.at", "before", "2026-02-28T09:30:00Z", ""],
  ["attrs.at", "after", "2026-02-28T09:30:00Z", ""],
  ["attrs.at", "after", "2026-02-28T09:29:59Z", "ada"],
  ["attrs.nothing", "notSet", undefined, "ada bob cid"],
  ["email.lastOpenedAt", "after", "2026-02-19", "ada"],
  ["email.lastOpenedAt", "before", "2026-02-19", ""],
  ["email.lastOpenedAt", "before", "-1d", "ada"],
  ["email.lastOpenedAt", "notSet", undefined, "bob cid"],
  ["email.lastClickedAt", "isSet", undefined, ""],
  ["lastRepliedAt", "isSet", undefined, "ada"],
])("%s %s %j finds: %s", async (field, op, value, expected) => {
  expect(await found({ field, op, value })).toBe(expected);
});

test("groups join as they say, and a missing value never counts as fulfilled", async () => {
  const ada = { field: "firstName", op: "eq", value: "Ada" };
  const bob = { field: "firstName", op: "eq", value: "Bob" };
  expect(await found({ any: [ada, bob] })).toBe("ada bob");
  expect(await found({ all: [ada, bob] })).toBe("");
  expect(await found({ none: [ada] })).toBe("bob cid");
  expect(await found({ none: [{ all: [ada, { field: "score", op: "gt", value: 1 }] }, bob] })).toBe("cid");
  expect(await found({ none: [{ none: [ada] }] })).toBe("ada");
});

const text = fc.oneof(
  fc.string(),
  fc.string({ unit: "binary" }),
  fc.constantFrom("'; select 1 --", "?", "??", "$1", "\\", "%", "2026-01-01", "-5d", "now", "1e5", "\ud800"),
);
const anyValue = fc.oneof(
  text,
  fc.double(),
  fc.integer(),
  fc.boolean(),
  fc.constant(null),
  fc.array(text, { maxLength: 3 }),
  fc.array(fc.double(), { maxLength: 3 }),
  fc.constantFrom("sales", "person", ids.ada),
);
const field = fc.oneof(
  fc.constantFrom(...segmentFieldNames),
  fc.constantFrom("attrs.city", "attrs.age", "attrs.a-b_c"),
  text.map((t) => `attrs.${t}`),
  text,
);
const condition = fc.record(
  { field, op: fc.oneof(fc.constantFrom(...segmentOps), text), value: anyValue },
  { requiredKeys: ["field", "op"] },
);
// Mostly a known field and operator, so that much of what is made is taken.
const near = fc.record({
  field: fc.constantFrom(...segmentFieldNames, "attrs.city", "attrs.age"),
  op: fc.constantFrom(...segmentOps),
  value: fc.oneof(
    text,
    fc.array(text, { minLength: 1, maxLength: 3 }),
    fc.double({ noNaN: true }),
    fc.constantFrom("sales", "-5d", ids.ada, undefined, true),
  ),
});
const { rule } = fc.letrec((tie) => ({
  rule: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    near,
    condition,
    fc.dictionary(fc.constantFrom("all", "any", "none"), fc.array(tie("rule"), { maxLength: 3 }), {
      minKeys: 1,
      maxKeys: 1,
    }),
  ),
}));

test("whatever JSON comes in, the answer is SQL that runs or a RuleError that names the place", async () => {
  let ran = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.oneof({ weight: 9, arbitrary: rule }, { weight: 1, arbitrary: fc.jsonValue() }),
      async (value) => {
        try {
          await found(value);
          expect(ruleSentence(value)).not.toBe("");
          ran += 1;
        } catch (error) {
          if (!(error instanceof RuleError)) throw error;
          expect(error.path).toMatch(/^rule/);
          expect(error.message).not.toBe("");
        }
      },
    ),
    { numRuns: 1500 },
  );
  expect(ran).toBeGreaterThan(50);
});
