// Whatever bytes are uploaded: the import ends as completed or failed with a reason, its counts add up, and a file that
// a CSV writer made comes back cell by cell.
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { csvRows, type Delimiter } from "../../services/contacts/imports/csv-rows.ts";
import { csvLine } from "../../shared/lib/csv-line.ts";
import { importFile } from "../helpers/import-runs.ts";
import { type TestDeps, useCaseDeps } from "../helpers/use-case-deps.ts";

let at: TestDeps;
beforeAll(async () => {
  at = await useCaseDeps();
});
afterAll(() => at.close());

const cell = fc.oneof(
  fc.constantFrom(
    "a@example.com",
    "b@example.com",
    "+14155550132",
    "vip;local",
    "business",
    "",
    " ",
    '"',
    "=1+1",
    "\0",
    "\ud800",
    "Zoë",
    "UTC",
  ),
  fc.string({ unit: "binary", maxLength: 12 }),
);
const line = fc.oneof(
  fc.array(cell, { maxLength: 6 }).map(csvLine),
  fc.string({ maxLength: 30 }),
  fc.constantFrom('"', '","', 'a@example.com,"open'),
);
const file = fc.oneof(
  fc
    .tuple(fc.constantFrom("Email,Phone,Tags,Kind,Zone,Note", "Email;Phone"), fc.array(line, { maxLength: 30 }))
    .map(([head, lines]) => Buffer.from([head, ...lines].join("\r\n"))),
  fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.concat([Buffer.from("Email,Phone\n"), bytes])),
  fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes)),
);
const mapping = { Email: "email", Phone: "phone", Tags: "tags", Kind: "kind", Zone: "timezone", Note: "attrs.note" };

test("any bytes end as completed or failed, and every row is counted once", async () => {
  await fc.assert(
    fc.asyncProperty(file, fc.integer({ min: 1, max: 200 }), async (bytes, chunkBytes) => {
      const head = bytes.subarray(0, 40).toString("latin1");
      const some = head.startsWith("Email,Phone,Tags") ? mapping : { Email: "email", Phone: "phone" };
      const done = await importFile(at.deps, bytes, { mapping: some, chunkBytes }).catch((error: { type?: string }) => {
        // Random bytes that happen to be a header without these columns.
        if (error.type === "VALIDATION_FAILED") return undefined;
        throw error;
      });
      if (!done) return;
      expect(["completed", "failed"]).toContain(done.status);
      expect(done.reason === null).toBe(done.status === "completed");
      expect(done.total).toBe(done.inserted + done.updated + done.skipped + done.failed);
    }),
    { numRuns: 150 },
  );
});

test("what a CSV writer quoted comes back cell by cell, however the file is cut into chunks", async () => {
  const text = fc.string({ unit: "grapheme", maxLength: 10 }).filter((s) => !s.includes("\ufeff"));
  const table = fc.array(fc.array(text, { minLength: 2, maxLength: 5 }), { minLength: 1, maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(table, fc.integer({ min: 1, max: 50 }), async (rows, size) => {
      const bytes = Buffer.from(
        rows.map((row) => row.map((one) => `"${one.replaceAll('"', '""')}"`).join(",")).join("\r\n"),
      );
      async function* chunks() {
        for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size);
      }
      const read: string[][] = [];
      for await (const row of csvRows(chunks(), { encoding: "utf-8", delimiter: "," satisfies Delimiter }))
        read.push(row);
      expect(read).toEqual(rows);
    }),
    { numRuns: 200 },
  );
});
