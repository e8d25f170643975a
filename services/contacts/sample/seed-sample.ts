// Job sample.seed: two hundred people with their communities, tags, segments, consent and suppressions, in one
// transaction that also asks for the campaigns. Runs on an installation that has nobody yet, and once in its life.
import type { Deps } from "../../../shared/broker/deps.ts";
import { recordConsents } from "../../../shared/consent/consents.ts";
import { suppress } from "../../../shared/consent/suppressions.ts";
import { enqueue } from "../../../shared/jobs/enqueue.ts";
import { sampleAftermath } from "../../../shared/lib/sample/sample-history.ts";
import { samplePeople } from "../../../shared/lib/sample/sample-people.ts";
import { anyContact, insertSample, markSeeded } from "./store.ts";

const granted = { basis: "form", source: "sample workspace" } as const;

/** Consent as it was before the sample's campaign, and what the campaign changed. */
const consents = () => {
  const left = new Set(sampleAftermath.flatMap(({ address, reason }) => (reason === "unsubscribed" ? [address] : [])));
  return samplePeople.flatMap(({ id, email, consent }) => {
    if (consent === undefined) return [];
    const given = { contactId: id, channel: "email" as const, state: "granted" as const, ...granted };
    const revoked = { ...given, state: "revoked" as const, basis: null, source: "unsubscribe link" };
    return consent === "revoked" || (email !== null && left.has(email)) ? [given, revoked] : [given];
  });
};

const suppressions = () => [
  ...samplePeople.flatMap(({ email, suppressed }) =>
    email !== null && suppressed ? [{ channel: "email" as const, address: email, reason: suppressed }] : [],
  ),
  ...sampleAftermath.map((entry) => ({ channel: "email" as const, ...entry })),
];

/** Fills the sample workspace in, or does nothing when there is anybody or it was filled in before. */
export const seedSample = async (deps: Deps): Promise<void> => {
  await deps.db.transaction(async (trx) => {
    if (await anyContact(trx)) return;
    if (!(await markSeeded(trx))) return;
    await insertSample(trx, deps.clock.now());
    await recordConsents(trx, consents());
    await suppress(trx, suppressions());
    await enqueue(trx, "campaign.seed-sample", {}, { uniqueKey: "sample" });
  });
};
