// What a bulk act does to one chunk of its contacts, inside the transaction that also counts it.
import type { ConsentChannel } from "../../../../shared/consent/consents.ts";
import { suppress, suppressedAmong } from "../../../../shared/consent/suppressions.ts";
import type { Trx } from "../../../../shared/db/knex.ts";
import { Unrecoverable } from "../../../../shared/jobs/define.ts";
import { publishMany } from "../../../../shared/jobs/outbox.ts";
import { stillIn } from "../../communities/store.ts";
import { type BulkRow, type ChunkOutcome, storeExportChunk } from "../store.ts";
import { exportHead, exportLines } from "./export-lines.ts";
import { addressesOf, addTag, type Changed, deleteContacts, exportRows, moveTo, takeTag } from "./store.ts";

const outcome = (
  ids: readonly string[],
  { live, changed }: Changed,
  skipped: Record<string, number> = {},
): ChunkOutcome => {
  const left = Object.values(skipped).reduce((sum, n) => sum + n, 0);
  const gone = ids.length - live;
  return { done: changed, already: live - changed - left, skipped: { ...skipped, ...(gone > 0 ? { gone } : {}) } };
};

const suppressAll = async (trx: Trx, ids: readonly string[], channel: ConsentChannel): Promise<ChunkOutcome> => {
  const all = await addressesOf(trx, ids, channel === "email" ? "email" : "phone");
  const addresses = all.filter((address) => address !== null);
  const before = await suppressedAmong(trx, channel, addresses);
  const fresh = addresses.filter((address) => !before.has(address));
  await suppress(
    trx,
    fresh.map((address) => ({ channel, address, reason: "manual" as const })),
  );
  const without = all.length - addresses.length;
  return outcome(ids, { live: all.length, changed: fresh.length }, without > 0 ? { no_address: without } : {});
};

const removeAll = async (trx: Trx, ids: readonly string[]): Promise<ChunkOutcome> => {
  const removed = await deleteContacts(trx, ids);
  await publishMany(
    trx,
    "contact.removed",
    removed.map((contactId) => ({ contactId })),
  );
  return outcome(ids, { live: removed.length, changed: removed.length });
};

const exportAll = async (trx: Trx, row: BulkRow, ids: readonly string[]): Promise<ChunkOutcome> => {
  const attributes = row.attributes ?? [];
  const rows = await exportRows(trx, ids);
  const head = row.chunks_done === 0 ? exportHead(attributes) : "";
  await storeExportChunk(trx, row.id, row.chunks_done, head + exportLines(rows, attributes));
  return outcome(ids, { live: rows.length, changed: rows.length });
};

/** Acts on the contacts of one chunk. Throws Unrecoverable when the act lacks what it needs. */
export const applyChunk = async (trx: Trx, row: BulkRow, all: readonly string[]): Promise<ChunkOutcome> => {
  // Whoever moved out of sight since is gone for this act.
  const ids = row.communities ? await stillIn(trx, all, row.communities) : all;
  const { skipped, ...counts } = await act(trx, row, ids);
  const gone = (skipped["gone"] ?? 0) + all.length - ids.length;
  return { ...counts, skipped: gone > 0 ? { ...skipped, gone } : skipped };
};

const act = async (trx: Trx, row: BulkRow, ids: readonly string[]): Promise<ChunkOutcome> => {
  const { act: verb, tag, community_id: communityId, channel } = row;
  if (verb === "tag" && tag) return outcome(ids, await addTag(trx, ids, tag));
  if (verb === "untag" && tag) return outcome(ids, await takeTag(trx, ids, tag));
  if (verb === "setCommunity" && communityId) return outcome(ids, await moveTo(trx, ids, communityId));
  if (verb === "suppress" && channel) return suppressAll(trx, ids, channel);
  if (verb === "remove") return removeAll(trx, ids);
  if (verb === "export") return exportAll(trx, row, ids);
  throw new Unrecoverable(`The bulk act ${row.id} (${verb}) lacks what it needs`);
};
