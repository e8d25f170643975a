// Segment rules as JSON: what is refused, where, and how a rule reads in words.
import { expect, test } from "vitest";
import { compileRule, RuleError, ruleSentence } from "../../shared/lib/segment-rule.ts";

const now = new Date("2026-03-01T00:00:00Z");
const refused = (rule: unknown): RuleError => {
  try {
    compileRule(rule, { now });
  } catch (error) {
    if (error instanceof RuleError) return error;
    throw error;
  }
  throw new Error("the rule was taken");
};

test("values are bound, never part of the SQL", () => {
  const evil = "x'); drop table contacts.contacts; --";
  const { sql, bindings } = compileRule(
    {
      all: [
        { field: "firstName", op: "eq", value: evil },
        { field: "tags", op: "has", value: evil },
      ],
    },
    { now },
  );
  expect(sql).not.toContain("drop");
  expect(bindings).toEqual([evil, evil]);
  expect(sql.split("?").length - 1).toBe(2);
});

test.each([
  [{ all: [{ field: "email", op: "like", value: "x" }] }, "rule.all.0.op", "eq, ne, in"],
  [{ all: [{ field: "password", op: "eq", value: "x" }] }, "rule.all.0.field", "firstName"],
  [{ any: [{ none: [{ field: "score", op: "gt", value: "5" }] }] }, "rule.any.0.none.0.value", "a number"],
  [{ all: [{ field: "stage", op: "eq", value: "bored" }] }, "rule.all.0.value", "awareness"],
  [{ all: [{ field: "createdAt", op: "after", value: "2026-02-31" }] }, "rule.all.0.value", "a date"],
  [{ all: [{ field: "email", op: "in", value: ["a@b.de", 5] }] }, "rule.all.0.value.1", "found 5"],
  [{ all: [] }, "rule.all", "empty"],
  [{ all: [{ field: "email", op: "isSet" }], any: [] }, "rule.any", "beside"],
  [{}, "rule.field", "nothing"],
  [{ field: "email", op: "eq", value: "a", extra: 1 }, "rule.extra", "not part of a condition"],
  [null, "rule", "null"],
  [{ all: "x" }, "rule.all", "a list"],
  [{ field: "email", op: "eq", value: "a\0b" }, "rule.value", "NUL"],
])("%j is refused at %s", (rule, path, words) => {
  const error = refused(rule);
  expect(error.path).toBe(path);
  expect(error.message).toContain(words);
});

test("a rule that is nested ten thousand deep is refused, not followed", () => {
  let rule: unknown = { field: "email", op: "isSet" };
  for (let i = 0; i < 10_000; i += 1) rule = { all: [rule] };
  expect(refused(rule).message).toContain("deep");
});

test("two hundred conditions are taken, one more is not", () => {
  const some = (count: number) => ({
    any: [
      { all: Array.from({ length: 150 }, () => ({ field: "email", op: "isSet" })) },
      { all: Array.from({ length: count - 150 }, () => ({ field: "phone", op: "isSet" })) },
    ],
  });
  expect(compileRule(some(200), { now }).bindings).toEqual([]);
  expect(refused(some(201)).path).toBe("rule.any.1.all.50");
});

test("a rule reads as a sentence", () => {
  const rule = {
    all: [
      { field: "stage", op: "eq", value: "sales" },
      {
        any: [
          { field: "tags", op: "has", value: "vip" },
          { field: "score", op: "gt", value: 50 },
        ],
      },
      { none: [{ field: "email.lastOpenedAt", op: "after", value: "-30d" }] },
      { field: "attrs.city", op: "in", value: ["Berlin", "Köln"] },
    ],
  };
  expect(ruleSentence(rule)).toBe(
    'stage is "sales" and (tag is "vip" or score is over 50) and not (last opened email is after 30 days ago) and city is one of "Berlin", "Köln"',
  );
});
