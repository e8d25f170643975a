// Consent that is recorded for an import afterwards: for those of whom nothing was said, and never against a no.
import { afterAll, beforeAll, expect, test } from "vitest";
import { createCampaign } from "../../services/campaigns/campaigns/drafts.ts";
import { preflightCampaign } from "../../services/campaigns/campaigns/preflight.ts";
import { claimConsent, runClaim, showClaims } from "../../services/contacts/imports/claim/claim-consent.ts";
import { runUndo } from "../../services/contacts/imports/undo/run-undo.ts";
import { undoImport } from "../../services/contacts/imports/undo/undo-import.ts";
import type { Deps } from "../../shared/broker/deps.ts";
import { currentConsent, readLedger, recordConsents } from "../../shared/consent/consents.ts";
import { suppress, unsubscribe } from "../../shared/consent/suppressions.ts";
import { importFile, jobRun, upload } from "../helpers/import-runs.ts";
import { type TestDeps, useCaseDeps } from "../helpers/use-case-deps.ts";

let at: TestDeps;
let deps: Deps;
beforeAll(async () => {
  at = await useCaseDeps();
  deps = at.deps;
});
afterAll(() => at.close());

const idOf = async (email: string): Promise<string> =>
  (await deps.db("contacts.contacts").where({ email, deleted_at: null }).first()).id;
const held = async (email: string) => {
  const id = await idOf(email);
  return (await currentConsent(deps.db, [id])).get(id)?.email ?? null;
};
const claim = {
  channels: ["email" as const],
  basis: "asked at the desk",
  source: "list of May",
  wording: "May we write?",
};
const user = "019c0000-0000-7000-8000-000000000001";
const preflight = async (id: string) => {
  const { recipients, excluded, consentOffers } = await preflightCampaign(deps, { id });
  return { recipients, excluded, consentOffers };
};

test("preflight names the imports whose people nobody was asked about, and recording consent lets them in", async () => {
  const names = ["fine", "no", "gone", "stopped", "asked"];
  const done = await importFile(deps, `Email\n${names.map((name) => `${name}@claim.example`).join("\n")}\n`);
  const other = await importFile(deps, "Email\nother@claim.example\n");
  const [no, gone, asked] = [
    await idOf("no@claim.example"),
    await idOf("gone@claim.example"),
    await idOf("asked@claim.example"),
  ];
  await deps.db.transaction(async (trx) => {
    await recordConsents(trx, [{ contactId: no, channel: "email", state: "revoked", source: "phone" }]);
    await unsubscribe(trx, { channel: "email", address: "gone@claim.example", contactId: gone, source: "link" });
    await suppress(trx, [{ channel: "email", address: "stopped@claim.example", reason: "hard_bounce" }]);
    await recordConsents(trx, [{ contactId: asked, channel: "email", state: "granted", source: "desk" }]);
  });
  const draft = await createCampaign(deps, {
    name: "News",
    channel: "email",
    audience: { all: true },
    content: { subject: "Hi", html: "<p>Hi</p>" },
  });
  const offer = (found: typeof done, contacts: number) => ({
    importId: found.id,
    fileName: "people.csv",
    importedAt: found.createdAt,
    contacts,
  });
  expect(await preflight(draft.id)).toEqual({
    recipients: 1,
    excluded: { no_consent: 3, suppressed: 1, bounced_before: 1 },
    consentOffers: [offer(done, 1), offer(other, 1)].sort((a, b) => (a.importId < b.importId ? -1 : 1)),
  });
  const kept = await claimConsent(deps, { id: done.id, ...claim }, user);
  await Promise.all([runClaim({ claimId: kept.id }, jobRun(deps)), runClaim({ claimId: kept.id }, jobRun(deps))]);
  expect((await showClaims(deps, { id: done.id })).data).toEqual([
    { ...kept, finishedAt: expect.any(String), granted: 1, leftOut: 4 },
  ]);
  expect(await Promise.all(names.map((name) => held(`${name}@claim.example`)))).toEqual([
    "granted",
    "revoked",
    "revoked",
    null,
    "granted",
  ]);
  const [entry] = await readLedger(deps.db, await idOf("fine@claim.example"), { limit: 1 });
  expect(entry).toMatchObject({ state: "granted", basis: claim.basis, source: claim.source, wording: claim.wording });
  expect(await deps.db("contacts.import_claims").where({ id: kept.id }).first()).toMatchObject({ claimed_by: user });
  expect(await preflight(draft.id)).toMatchObject({ recipients: 2, consentOffers: [offer(other, 1)] });
});

test("recorded consent goes with the import when that is undone, and there is nobody left to record it for", async () => {
  const done = await importFile(deps, "Email\nundone@claim.example\n");
  const id = await idOf("undone@claim.example");
  const kept = await claimConsent(deps, { id: done.id, ...claim }, undefined);
  await runClaim({ claimId: kept.id }, jobRun(deps));
  await undoImport(deps, { id: done.id });
  await runUndo({ importId: done.id }, jobRun(deps));
  expect((await currentConsent(deps.db, [id])).get(id)).toBeUndefined();
  expect((await readLedger(deps.db, id, { limit: 1 }))[0]).toMatchObject({ state: "revoked", source: "import undone" });
  await expect(claimConsent(deps, { id: done.id, ...claim }, undefined)).rejects.toMatchObject({
    type: "IMPORT_FINISHED",
  });
});

test("an import that has not ended takes no consent yet", async () => {
  const id = await upload(deps, "Email\nearly@claim.example\n");
  await expect(claimConsent(deps, { id, ...claim }, user)).rejects.toMatchObject({ type: "IMPORT_NOT_FINISHED" });
});
