// The consent ledger and suppressions, as the functions that every group calls inside its transaction.
import { afterAll, beforeAll, expect, test } from "vitest";
import { grantConsents, withdrawClaims } from "../../shared/consent/claims.ts";
import { currentConsent, readLedger, recordConsents, revokeConsent } from "../../shared/consent/consents.ts";
import {
  listSuppressions,
  suppress,
  suppressedAmong,
  unsubscribe,
  unsuppress,
} from "../../shared/consent/suppressions.ts";
import { query, type Trx } from "../../shared/db/knex.ts";
import { makeId } from "../../shared/lib/ids.ts";
import { until } from "../helpers/processes.ts";
import { type TestDeps, useCaseDeps } from "../helpers/use-case-deps.ts";

let at: TestDeps;
beforeAll(async () => {
  at = await useCaseDeps();
});
afterAll(() => at.close());
const tx = <T>(work: (trx: Trx) => Promise<T>): Promise<T> => at.deps.db.transaction(work);
const held = async (id: string) => (await currentConsent(at.deps.db, [id])).get(id);

test("the ledger only grows, and what is held is the last word per channel", async () => {
  const contactId = makeId();
  expect(await held(contactId)).toBeUndefined();
  await tx((trx) =>
    recordConsents(trx, [
      { contactId, channel: "email", state: "granted", basis: "form", source: "web", wording: "Yes", ip: "10.0.0.1" },
      { contactId, channel: "sms", state: "granted" },
      { contactId, channel: "sms", state: "revoked" },
    ]),
  );
  expect(await held(contactId)).toEqual({ email: "granted", sms: "revoked", call: null });
  await tx((trx) => recordConsents(trx, [{ contactId, channel: "email", state: "revoked", topic: "service-notices" }]));
  expect((await held(contactId))?.email).toBe("granted");
  expect(await tx((trx) => revokeConsent(trx, { contactId, channel: "email", source: "phone" }))).toBe(true);
  expect(await tx((trx) => revokeConsent(trx, { contactId, channel: "email", source: "phone" }))).toBe(false);
  const ledger = await readLedger(at.deps.db, contactId, { limit: 10 });
  expect(ledger).toHaveLength(5);
  expect(ledger[0]).toMatchObject({ channel: "email", state: "revoked", topic: "marketing", source: "phone" });
  expect(await readLedger(at.deps.db, contactId, { limit: 10, before: ledger[1]?.id })).toEqual(ledger.slice(2));
});

test("a list never outranks a person's no", async () => {
  const [yes, no] = [makeId(), makeId()];
  await tx((trx) => recordConsents(trx, [{ contactId: no, channel: "email", state: "revoked" }]));
  await tx((trx) =>
    grantConsents(trx, [yes, no, yes], { channels: ["email", "email", "call"], basis: "list", source: "fair" }),
  );
  expect([await held(yes), await held(no)]).toEqual([
    { email: "granted", sms: null, call: "granted" },
    { email: "revoked", sms: null, call: "granted" },
  ]);
  expect(await readLedger(at.deps.db, yes, { limit: 10 })).toHaveLength(2);
  expect(await readLedger(at.deps.db, no, { limit: 10 })).toHaveLength(2);
});

test.each(["is written down", "is taken back"])("a no that comes while a list's claim %s stays a no", async (act) => {
  const contactId = makeId();
  const importId = makeId();
  const claim = { channels: ["email" as const], basis: "list", source: "fair", importId };
  const isWritten = act === "is written down";
  await tx((trx) =>
    isWritten
      ? recordConsents(trx, [{ contactId, channel: "sms", state: "granted" }])
      : grantConsents(trx, [contactId], claim),
  );
  const saying = await at.deps.db.transaction();
  await unsubscribe(saying, { channel: "email", address: null, contactId, source: "unsubscribe link" });
  const claiming = tx(async (trx) => {
    if (isWritten) await grantConsents(trx, [contactId], claim);
    else await withdrawClaims(trx, importId, [contactId]);
  });
  await until("the claim waits for the no", async () => {
    const rows = await query(at.deps.db, "select 1 from pg_locks where not granted and pid <> pg_backend_pid()");
    return rows.length > 0;
  });
  await saying.commit();
  await claiming;
  expect((await held(contactId))?.email).toBe("revoked");
  const [last] = await readLedger(at.deps.db, contactId, { limit: 1 });
  expect(last).toMatchObject({ channel: "email", state: "revoked" });
});

test("a suppression is one per channel and address, in any spelling; the first reason stays until a person lifts it", async () => {
  const [entry] = await tx((trx) =>
    suppress(trx, [{ channel: "email", address: " Bad@BÜCHER.example ", reason: "hard_bounce" }]),
  );
  const again = await tx((trx) =>
    suppress(trx, [
      { channel: "email", address: "bad@bücher.example", reason: "manual" },
      { channel: "email", address: "bad@xn--bcher-kva.example", reason: "manual" },
    ]),
  );
  expect(again).toEqual([entry]);
  expect(entry).toMatchObject({ address: "bad@xn--bcher-kva.example", reason: "hard_bounce" });
  await tx((trx) =>
    suppress(trx, [
      { channel: "sms", address: "(415) 555-0132", reason: "stop" },
      { channel: "sms", address: "12345", reason: "stop" },
    ]),
  );
  expect(await suppressedAmong(at.deps.db, "sms", ["+14155550132", "12345", "+14155550133"])).toEqual(
    new Set(["+14155550132", "12345"]),
  );
  expect(await listSuppressions(at.deps.db, { channel: "email", reason: "hard_bounce", q: "BCHER", limit: 5 })).toEqual(
    [entry],
  );
  expect(await tx((trx) => unsuppress(trx, [entry?.id ?? ""]))).toBe(1);
  expect((await suppressedAmong(at.deps.db, "email", ["bad@bücher.example"])).size).toBe(0);
});

test("unsubscribing revokes and suppresses once, for a known contact and for a bare address", async () => {
  const contactId = makeId();
  const said = { channel: "email" as const, address: "u@example.com", contactId, source: "unsubscribe link" };
  expect(await tx((trx) => unsubscribe(trx, said))).toEqual({ changed: true });
  expect(await tx((trx) => unsubscribe(trx, said))).toEqual({ changed: false });
  expect((await held(contactId))?.email).toBe("revoked");
  expect(await listSuppressions(at.deps.db, { q: "u@example.com", limit: 5 })).toMatchObject([
    { reason: "unsubscribed" },
  ]);
  expect(await tx((trx) => unsubscribe(trx, { ...said, contactId: null, address: "nobody@example.com" }))).toEqual({
    changed: true,
  });
});

test("many writers over the same contacts do not deadlock", async () => {
  const ids = Array.from({ length: 200 }, () => makeId());
  const claim = { channels: ["email" as const], basis: "b", source: "s" };
  await Promise.all(
    Array.from({ length: 5 }, (_, i) => tx((trx) => grantConsents(trx, i % 2 ? ids : [...ids].reverse(), claim))),
  );
  expect((await currentConsent(at.deps.db, ids)).size).toBe(200);
});
