// Imports under kill -9, two runners at once and cancelling: every row takes effect once, and the counts add up.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cancelImport } from "../../services/contacts/imports/cancel-import.ts";
import { getImport } from "../../services/contacts/imports/get-import.ts";
import { runImport } from "../../services/contacts/imports/run-import.ts";
import { undoImport } from "../../services/contacts/imports/undo/undo-import.ts";
import type { Deps } from "../../shared/broker/deps.ts";
import { jobRun, upload } from "../helpers/import-runs.ts";
import { type TestDeps, useCaseDeps } from "../helpers/use-case-deps.ts";

let at: TestDeps;
let deps: Deps;
beforeAll(async () => {
  at = await useCaseDeps();
  deps = at.deps;
});
afterAll(() => at.close());

const script = fileURLToPath(new URL("../helpers/import-process.ts", import.meta.url));
const PEOPLE = 20_000;
const mapping = { Email: "email", Name: "firstName", Tags: "tags" };
const options = { consent: { channels: ["email"], basis: "form", source: "test" } };
/** Every hundredth row repeats an earlier person, every hundredth is wrong. */
const list = (domain: string) =>
  `Email,Name,Tags\n${Array.from({ length: PEOPLE }, (_, i) => (i % 100 === 98 ? `wrong${i},x,` : `person${i % 100 === 99 ? i - 50 : i}@${domain},Name${i},a;b`)).join("\n")}\n`;
const expected = {
  status: "completed",
  total: PEOPLE,
  inserted: PEOPLE * 0.98,
  updated: PEOPLE * 0.01,
  skipped: 0,
  failed: PEOPLE * 0.01,
};

const truth = async (domain: string) => {
  const { rows } = await deps.db.raw<{ rows: { people: number; tags: number; ledger: number }[] }>(
    `select count(*)::int as people,
       (select count(*)::int from contacts.contact_tags ct join contacts.contacts c on c.id = ct.contact_id where c.email like ?) as tags,
       (select count(*)::int from consent.consents l join contacts.contacts c on c.id = l.contact_id where c.email like ?) as ledger
     from contacts.contacts where email like ?`,
    Array(3).fill(`%@${domain}`),
  );
  return rows[0];
};

/** Waits until more than `rows` rows are done or the import has ended. */
const untilDone = async (id: string, rows: number) => {
  for (const end = Date.now() + 60_000; Date.now() < end; ) {
    const found = await getImport(deps, { id });
    if (found.total > rows || found.status === "completed") return found;
  }
  throw new Error(`the import made no progress beyond ${rows} rows within 60 s`);
};

test("killed again and again, an import ends with every row taken once", async () => {
  const id = await upload(deps, list("kill.example"), { mapping, options });
  let kills = 0;
  for (let done = 0; ; ) {
    const child = spawn(process.execPath, [script, at.databaseUrl, id], { stdio: "ignore" });
    const gone = once(child, "exit");
    const found = await Promise.race([untilDone(id, done), gone.then(() => getImport(deps, { id }))]);
    if (found.status === "completed" || kills === 3) {
      await gone;
      break;
    }
    child.kill("SIGKILL");
    await gone;
    kills += 1;
    done = (await getImport(deps, { id })).total;
  }
  expect(kills).toBeGreaterThan(1);
  expect(await getImport(deps, { id })).toMatchObject(expected);
  expect(await truth("kill.example")).toEqual({
    people: PEOPLE * 0.98,
    tags: PEOPLE * 0.98 * 2,
    ledger: PEOPLE * 0.98,
  });
});

test("two runners of one import do not count twice, and one of them brings it to its end", async () => {
  const id = await upload(deps, list("twice.example"), { mapping, options });
  await Promise.all([runImport({ importId: id }, jobRun(deps)), runImport({ importId: id }, jobRun(deps))]);
  expect(await getImport(deps, { id })).toMatchObject(expected);
  expect((await truth("twice.example"))?.people).toBe(PEOPLE * 0.98);
});

test("the same people in two imports at once become one contact each", async () => {
  const [one, two] = [
    await upload(deps, list("both.example"), { mapping, options }),
    await upload(deps, list("both.example"), { mapping, options }),
  ];
  await Promise.all([runImport({ importId: one }, jobRun(deps)), runImport({ importId: two }, jobRun(deps))]);
  const [a, b] = [await getImport(deps, { id: one }), await getImport(deps, { id: two })];
  expect([a.status, b.status, a.total, b.total]).toEqual(["completed", "completed", PEOPLE, PEOPLE]);
  expect(a.inserted + b.inserted).toBe(PEOPLE * 0.98);
  expect([a, b].map((one) => one.inserted + one.updated + one.skipped + one.failed)).toEqual([PEOPLE, PEOPLE]);
  expect((await truth("both.example"))?.people).toBe(PEOPLE * 0.98);
});

test("cancelling while it runs stops it within a batch; what was taken stays", async () => {
  const id = await upload(deps, list("cancel.example"), { mapping, options });
  const run = runImport({ importId: id }, jobRun(deps));
  await untilDone(id, 0);
  const cancelled = await cancelImport(deps, { id });
  await run;
  expect(await getImport(deps, { id })).toEqual(cancelled);
  expect(cancelled.total).toBeLessThan(PEOPLE);
  expect((await truth("cancel.example"))?.people).toBe(cancelled.inserted);
});

test("a run that is stopped carries on where it was", async () => {
  const id = await upload(deps, list("stop.example"), { mapping, options });
  const stop = new AbortController();
  const run = runImport({ importId: id }, jobRun(deps, stop.signal));
  await untilDone(id, 0);
  stop.abort(new Error("shutting down"));
  await expect(run).rejects.toThrow("shutting down");
  expect((await getImport(deps, { id })).status).toBe("running");
  await runImport({ importId: id }, jobRun(deps));
  expect(await getImport(deps, { id })).toMatchObject(expected);
});

test("killed again and again, undoing ends with nobody left and everybody counted once", async () => {
  const id = await upload(deps, list("undo.example"), { mapping, options });
  await runImport({ importId: id }, jobRun(deps));
  await undoImport(deps, { id });
  const removed = async () => (await getImport(deps, { id })).undo?.removed ?? 0;
  let kills = 0;
  for (let done = 0; ; ) {
    const child = spawn(process.execPath, [script, at.databaseUrl, id, "undo"], { stdio: "ignore" });
    const gone = once(child, "exit").then(() => "gone" as const);
    const moved = async () => {
      for (const end = Date.now() + 60_000; Date.now() < end; ) if ((await removed()) > done) return "moved" as const;
      throw new Error(`undoing made no progress beyond ${done} contacts within 60 s`);
    };
    const seen = await Promise.race([moved(), gone]);
    if (seen === "gone" || (await getImport(deps, { id })).status === "undone" || kills === 4) {
      await gone;
      break;
    }
    child.kill("SIGKILL");
    await gone;
    kills += 1;
    done = await removed();
  }
  expect(kills).toBe(4);
  expect(await getImport(deps, { id })).toMatchObject({
    status: "undone",
    undo: { removed: PEOPLE * 0.98, kept: { messaged: 0, consented: 0, edited: 0 }, restored: 0, partly: 0 },
  });
  expect(await truth("undo.example")).toEqual({ people: 0, tags: 0, ledger: 0 });
});
