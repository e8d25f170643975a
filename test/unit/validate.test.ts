// What every contract is checked by: wrong places are named, in few words, and text that Postgres cannot hold is refused.
import { expect, test } from "vitest";
import { z } from "zod";
import { validate } from "../../shared/broker/validate.ts";

const wrongPlaces = (schema: z.ZodType, value: unknown) => {
  try {
    validate(schema, value, "things.create");
  } catch (error) {
    return (error as { data: { errors: { path: string; message: string }[] } }).data.errors;
  }
  return [];
};
const free = z.record(z.string(), z.unknown());

test("NUL characters and halves of surrogate pairs are found wherever they are", () => {
  expect(wrongPlaces(free, { a: "x\0", b: [{ c: "\ud800" }], d: "fine 😀", "e\0": 1 })).toMatchObject([
    { path: "a", message: expect.stringMatching(/NUL/) },
    { path: "b.0.c", message: expect.stringMatching(/broken Unicode/) },
    { path: "e\0", message: expect.stringMatching(/name with a NUL/) },
  ]);
});

test("bytes and values that are not text pass as they are", () => {
  const value = { bytes: Buffer.from([0, 0]), at: new Date(0), none: null, n: 1 };
  expect(validate(free, value, "x")).toEqual(value);
});

test("names of any length are answered in few words", () => {
  const errors = wrongPlaces(z.strictObject({}), { ["k".repeat(100_000)]: 1 });
  expect(errors[0]?.path).toMatch(/^k{99}…$/);
});

test("a name that a record does not take is told with the reason", () => {
  const attrs = z.record(z.string().regex(/^\w+$/, "letters and digits only"), z.number());
  expect(wrongPlaces(z.object({ attrs }), { attrs: { "a b": 1 } })).toMatchObject([
    { path: "attrs.a b", message: expect.stringMatching(/letters and digits only/) },
  ]);
});

test("at most 50 places are named", () => {
  expect(
    wrongPlaces(z.strictObject({}), Object.fromEntries(Array.from({ length: 999 }, (_, i) => [i, i]))),
  ).toHaveLength(50);
});
