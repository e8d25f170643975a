// Bulk acts as they are shown, and how one is stopped.
import type { Deps } from "../../../shared/broker/deps.ts";
import type { BulkAct } from "../../../shared/contracts/bulk.ts";
import { fail } from "../../../shared/contracts/errors.ts";
import { idOfCursor, pageById } from "../../../shared/db/id-page.ts";
import type { Sql } from "../../../shared/db/knex.ts";
import { publish } from "../../../shared/jobs/outbox.ts";
import type { Scope } from "../../../shared/lib/scope.ts";
import { type BulkRow, endBulk, findBulk, listBulks } from "./store.ts";

const toAct = (row: BulkRow): BulkAct => ({
  id: row.id,
  act: row.act,
  tag: row.tag,
  communityId: row.community_id,
  channel: row.channel,
  status: row.status,
  total: row.total,
  done: row.done,
  already: row.already,
  skipped: row.skipped,
  bytes: row.bytes === null ? null : Number(row.bytes),
  hasFile: row.has_file,
  createdAt: row.created_at.toISOString(),
  finishedAt: row.finished_at?.toISOString() ?? null,
});

/** The act as seen by a connection or transaction. Throws BULK_ACT_NOT_FOUND. */
export const readBulk = async (sql: Sql, id: string, scope: Scope): Promise<BulkAct> => {
  const row = await findBulk(sql, id, scope);
  if (!row) throw fail("BULK_ACT_NOT_FOUND", `No bulk act has the id ${id}.`);
  return toAct(row);
};

/** The act. Throws BULK_ACT_NOT_FOUND. */
export const getBulk = (deps: Deps, { id }: { readonly id: string }): Promise<BulkAct> =>
  readBulk(deps.db, id, deps.scope);

/** One page, newest first. Throws CURSOR_INVALID. */
export const listBulk = async (
  deps: Deps,
  { limit, cursor }: { readonly limit: number; readonly cursor?: string | undefined },
): Promise<{ data: BulkAct[]; nextCursor: string | null }> => {
  const rows = await listBulks(deps.db, { limit: limit + 1, before: idOfCursor(cursor), scope: deps.scope });
  const { data, nextCursor } = pageById(rows, limit);
  return { data: data.map(toAct), nextCursor };
};

/** Stops an act after the chunk it is at. Throws BULK_ACT_NOT_FOUND or BULK_ACT_FINISHED. */
export const cancelBulk = (deps: Deps, { id }: { readonly id: string }): Promise<BulkAct> =>
  deps.db.transaction(async (trx) => {
    const before = await readBulk(trx, id, deps.scope);
    if (!(await endBulk(trx, id, "cancelled")))
      throw fail("BULK_ACT_FINISHED", `It is ${before.status} already; what it did stays done.`);
    await publish(trx, "bulk.finished", { bulkId: id, status: "cancelled" });
    return readBulk(trx, id, deps.scope);
  });
