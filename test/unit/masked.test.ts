// The shape of a value tells fields, kinds and sizes, and nothing that stands in it.
import { expect, test } from "vitest";
import { entityOf } from "../../shared/jobs/entity-of.ts";
import { masked } from "../../shared/lib/masked.ts";

const id = "01990000-0000-7000-8000-000000000001";

test("texts, numbers and truth values are hidden; ids, moments and fields stay", () => {
  expect(
    masked({ to: "ada@example.org", age: 36, human: true, none: null, id, at: "2026-11-23T01:02:03Z", empty: "" }),
  ).toEqual({
    to: "text, 15 characters",
    age: "a number",
    human: "yes or no",
    none: null,
    id,
    at: "2026-11-23T01:02:03Z",
    empty: "empty text",
  });
});

test("fields that are data themselves lose their names, and what looks like an id but is more is hidden", () => {
  expect(masked({ "ada@example.org": { "Ada Lovelace": 1 } })).toEqual({ "field 1": { "field 1": "a number" } });
  expect(masked([`${id} ada`, "2026-11-23T01:02:03Z Ada"])).toEqual(["text, 40 characters", "text, 24 characters"]);
});

test("long lists and deep objects are cut with a word about it", () => {
  const list = masked(Array.from({ length: 25 }, () => "x")) as string[];
  expect([list.length, list.at(-1)]).toEqual([21, "and 5 more"]);
  let deep: unknown = "ada";
  for (let level = 0; level < 12; level++) deep = { deep };
  expect(JSON.stringify(masked(deep))).toContain('"an object"');
  expect(JSON.stringify(masked(deep))).not.toContain("ada");
});

test("a job is about the contact or the message that its input names, and about nothing else", () => {
  expect(entityOf({ contactId: id.toUpperCase(), messageId: id })).toBe(`contact:${id}`);
  expect(entityOf({ messageId: id, accountId: id })).toBe(`message:${id}`);
  for (const input of [{}, null, "x", [], { contactId: null }, { contactId: "x" }, { campaignId: id }])
    expect(entityOf(input)).toBeUndefined();
});
