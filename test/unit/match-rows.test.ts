// What the rows of a batch do to each other and to contacts that exist: the same as one after the other.
import { expect, test } from "vitest";
import { type KnownContact, matchRows } from "../../services/contacts/imports/batch/match-rows.ts";
import type { ImportRow } from "../../services/contacts/imports/row-input.ts";

let ids = 0;
const makeId = () => `new${ids++}`;
const match = (
  rows: Partial<ImportRow>[],
  known: Partial<KnownContact>[] = [],
  dedupe: "update" | "skip" = "update",
) => {
  ids = 0;
  return matchRows(
    rows.map((row, index) => ({ row: index + 2, cells: [], ...row })),
    known.map((contact) => ({ id: "k", email: null, phone: null, kind: "person", externalId: null, ...contact })),
    { dedupe, makeId },
  );
};

test("a duplicate inside the file updates the row before it: later cells win, attributes and tags add up", () => {
  const { inserts, updates, counts } = match([
    { email: "a@x.de", firstName: "A", attrs: { city: "B", age: "1" }, tags: ["t"] },
    { email: "a@x.de", lastName: "Z", attrs: { age: "2" }, tags: ["u"] },
    { email: "b@x.de" },
  ]);
  expect(counts).toEqual({ inserted: 2, updated: 1, skipped: 0 });
  expect(updates).toEqual([]);
  expect(inserts).toEqual([
    {
      id: "new0",
      kind: "person",
      email: "a@x.de",
      firstName: "A",
      lastName: "Z",
      attrs: { city: "B", age: "2" },
      tags: ["t", "u"],
    },
    { id: "new1", kind: "person", email: "b@x.de" },
  ]);
});

test("with skip, what exists and what came before stays as it is", () => {
  const { inserts, updates, counts } = match(
    [{ email: "k@x.de", firstName: "No" }, { email: "a@x.de" }, { email: "a@x.de", firstName: "No" }],
    [{ email: "k@x.de" }],
    "skip",
  );
  expect([inserts, updates, counts]).toEqual([
    [{ id: "new0", kind: "person", email: "a@x.de" }],
    [],
    { inserted: 1, updated: 0, skipped: 2 },
  ]);
});

test("contacts are found by email, by number of their kind and by external id", () => {
  const { updates, inserts } = match(
    [
      { phone: "+1", email: "new@x.de" },
      { externalId: "7", stage: "sales" },
      { phone: "+1", kind: "business" },
    ],
    [
      { id: "p", phone: "+1" },
      { id: "x", externalId: "7" },
    ],
  );
  expect(updates).toEqual([
    { id: "p", phone: "+1", email: "new@x.de" },
    { id: "x", externalId: "7", stage: "sales" },
  ]);
  expect(inserts).toEqual([{ id: "new0", phone: "+1", kind: "business" }]);
  expect(match([{ phone: "+1", orgName: "O" }], [{ id: "b", phone: "+1", kind: "business" }]).updates).toEqual([
    { id: "b", phone: "+1", orgName: "O" },
  ]);
});

test("a row whose email and number belong to two contacts is refused, naming both", () => {
  const { refused, counts } = match(
    [{ email: "a@x.de", phone: "+1" }],
    [
      { id: "A", email: "a@x.de" },
      { id: "B", phone: "+1" },
    ],
  );
  expect(counts).toEqual({ inserted: 0, updated: 0, skipped: 0 });
  expect(refused[0]?.errors[0]?.message).toContain("email and phone belong to different contacts (A, B)");
});

test("an email that a row before gave up is free for the row after it", () => {
  const { updates, inserts } = match(
    [{ externalId: "7", email: "new@x.de" }, { email: "old@x.de" }],
    [{ id: "k", email: "old@x.de", externalId: "7" }],
  );
  expect(updates).toEqual([{ id: "k", externalId: "7", email: "new@x.de" }]);
  expect(inserts).toEqual([{ id: "new0", email: "old@x.de", kind: "person" }]);
});
