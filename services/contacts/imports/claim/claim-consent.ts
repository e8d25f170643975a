// Consent for everybody that an import brought: a person says that they agreed and takes responsibility for it, and a job
// writes it down for those of whom nothing was ever said. A no and a suppression are never overridden.
import type { z } from "zod";
import type { Deps } from "../../../../shared/broker/deps.ts";
import { claimConsents } from "../../../../shared/consent/claims.ts";
import { fail } from "../../../../shared/contracts/errors.ts";
import type { imports } from "../../../../shared/contracts/imports.ts";
import { isConnectionLost } from "../../../../shared/db/knex.ts";
import { type JobRun, retryLater } from "../../../../shared/jobs/define.ts";
import { enqueue } from "../../../../shared/jobs/enqueue.ts";
import { importNotFound, readImport } from "../get-import.ts";
import { lockStatus } from "../store.ts";
import { advanceClaim, type ClaimView, insertClaim, listClaims, lockClaim, nextPeople } from "./store.ts";

const CHUNK = 2_000;

/**
 * Keeps the claim with who made it, and starts its job. Throws IMPORT_NOT_FOUND, IMPORT_NOT_FINISHED while the import
 * runs, or IMPORT_FINISHED when it was undone.
 */
export const claimConsent = (
  deps: Deps,
  { id, ...claim }: z.output<typeof imports.actions.claimConsent.params>,
  claimedBy: string | undefined,
): Promise<ClaimView> =>
  deps.db.transaction(async (trx) => {
    const status = await lockStatus(trx, id, deps.scope);
    if (status === undefined || status === "uploading") throw importNotFound(id);
    if (status === "queued" || status === "running")
      throw fail("IMPORT_NOT_FINISHED", `The import is ${status}. Record consent when it has ended.`);
    if (status === "undoing" || status === "undone")
      throw fail("IMPORT_FINISHED", `The import is ${status}; there is nobody to record consent for.`);
    const kept = await insertClaim(trx, {
      ...claim,
      id: deps.id(),
      importId: id,
      channels: [...new Set(claim.channels)],
      wording: claim.wording,
      claimedBy,
    });
    await enqueue(trx, "contacts.import-consent", { claimId: kept.id }, { entity: `import:${id}` });
    return kept;
  });

/** The claims of an import. Throws IMPORT_NOT_FOUND. */
export const showClaims = async (deps: Deps, { id }: { readonly id: string }): Promise<{ data: ClaimView[] }> => {
  await readImport(deps.db, id, deps.scope);
  return { data: await listClaims(deps.db, id) };
};

/** One chunk with its counts in one transaction. False when the claim is finished. */
const step = (deps: Deps, claimId: string): Promise<boolean> =>
  deps.db.transaction(async (trx) => {
    const claim = await lockClaim(trx, claimId);
    if (!claim) return false;
    const gone = claim.status === "undoing" || claim.status === "undone";
    const people = gone ? [] : await nextPeople(trx, claim, CHUNK);
    const granted = await claimConsents(trx, people, {
      channels: claim.channels,
      basis: claim.basis,
      source: claim.source,
      wording: claim.wording,
      importId: claim.import_id,
    });
    const last = people.length < CHUNK ? null : (people.at(-1)?.id ?? null);
    await advanceClaim(trx, claimId, { granted, leftOut: people.length - granted, cursor: last });
    return last !== null;
  });

/** Writes a claim down to its end. Safe to run any number of times, also at once. */
export const runClaim = async ({ claimId }: { readonly claimId: string }, run: JobRun): Promise<void> => {
  try {
    for (let more = true; more; ) {
      run.signal.throwIfAborted();
      more = await step(run.deps, claimId);
    }
  } catch (error) {
    if (!run.signal.aborted && isConnectionLost(error)) throw retryLater(2_000, "Postgres is away");
    throw error;
  }
};
