// Ids made in batches.
import { validate, version } from "uuid";
import { expect, test } from "vitest";
import { makeIds } from "../../shared/lib/id-batch.ts";

test("ids of a batch are version 7, rise, and never repeat over batches", () => {
  const all = Array.from({ length: 50 }, () => makeIds(1000));
  for (const ids of all) {
    expect(ids.every((id) => validate(id) && version(id) === 7)).toBe(true);
    expect([...ids].sort()).toEqual(ids);
  }
  expect(new Set(all.flat()).size).toBe(50_000);
  expect(makeIds(0)).toEqual([]);
});
