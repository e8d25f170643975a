// Begins a bulk act on exactly the number of contacts that was confirmed: who they are is written down in the same
// transaction that counts them, so whoever comes or goes afterwards changes nothing.
import type { z } from "zod";
import type { Caller } from "../../../shared/broker/context.ts";
import type { Deps } from "../../../shared/broker/deps.ts";
import { type BulkAct, type BulkVerb, type bulk, managersBulkActs } from "../../../shared/contracts/bulk.ts";
import { type FieldError, fail } from "../../../shared/contracts/errors.ts";
import { heavyRead } from "../../../shared/db/heavy-read.ts";
import { enqueue } from "../../../shared/jobs/enqueue.ts";
import { communitiesOf, includes } from "../../../shared/lib/scope.ts";
import { communityExists } from "../communities/store.ts";
import { storeFilter } from "../contacts/filter-input.ts";
import { type ContactFilter, countContacts } from "../contacts/store.ts";
import { demandManager } from "../erasure/request-erasure.ts";
import { readBulk } from "./show-bulk.ts";
import { dropOldExports, insertBulk } from "./store.ts";

type Params = z.output<typeof bulk.actions.start.params>;
type Which = Pick<Params, "ids" | "filter">;

/** Exports can be fetched for a week. */
const KEEP_DAYS = 7;

const filterOf = async (deps: Deps, { ids, filter }: Which): Promise<ContactFilter> =>
  ids ? { ids: [...new Set(ids)], within: deps.scope } : storeFilter(deps, filter ?? {});

/** How many contacts an act would take now. Throws SEGMENT_NOT_FOUND. */
export const countBulk = async (deps: Deps, which: Which): Promise<{ count: number }> => {
  const filter = await filterOf(deps, which);
  return { count: await heavyRead(deps.db, (trx) => countContacts(trx, filter)) };
};

const needs: Readonly<Record<BulkVerb, "tag" | "communityId" | "channel" | undefined>> = {
  tag: "tag",
  untag: "tag",
  setCommunity: "communityId",
  suppress: "channel",
  export: undefined,
  remove: undefined,
};

const findErrors = async (deps: Deps, params: Params): Promise<FieldError[]> => {
  const needed = needs[params.act];
  const errors = (["tag", "communityId", "channel"] as const).flatMap((path): FieldError[] => {
    if (path === needed && params[path] === undefined)
      return [{ path, message: `is missing; the act ${params.act} needs it` }];
    if (path !== needed && params[path] !== undefined)
      return [{ path, message: `is not taken by the act ${params.act}; leave it out` }];
    return [];
  });
  if (
    errors.length === 0 &&
    params.communityId !== undefined &&
    !(includes(deps.scope, params.communityId) && (await communityExists(deps.db, params.communityId)))
  )
    errors.push({
      path: "communityId",
      message: "found an id that no community has; expected one of GET /communities",
    });
  return errors;
};

/**
 * The act, with its job in the same transaction. Throws VALIDATION_FAILED, SEGMENT_NOT_FOUND, or BULK_COUNT_CHANGED
 * (with `count` in its data) when the contacts are not exactly `expected` many; nothing is begun then. ABILITY_MISSING for
 * exports and deletions unless an owner or manager asks, or a call from within.
 */
export const startBulk = async (deps: Deps, params: Params, caller?: Caller): Promise<BulkAct> => {
  if (managersBulkActs.includes(params.act))
    demandManager(caller, params.act === "export" ? "may export contacts" : "may delete many contacts at once");
  const errors = await findErrors(deps, params);
  if (errors.length > 0)
    throw fail("VALIDATION_FAILED", errors.map((e) => `${e.path}: ${e.message}`).join(". "), { errors });
  const filter = await filterOf(deps, params);
  const id = deps.id();
  return heavyRead(deps.db, async (trx) => {
    await dropOldExports(trx, KEEP_DAYS);
    const count = await insertBulk(trx, { ...params, id, communities: communitiesOf(deps.scope) }, filter);
    if (count !== params.expected)
      throw fail(
        "BULK_COUNT_CHANGED",
        `You confirmed ${params.expected} contacts; now there are ${count}. Nothing was done: look at the new number and confirm it.`,
        { count },
      );
    await enqueue(trx, "contacts.bulk", { bulkId: id }, { uniqueKey: id, entity: `bulk:${id}` });
    return readBulk(trx, id, deps.scope);
  });
};
