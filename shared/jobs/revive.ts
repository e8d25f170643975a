// Runs finished jobs again: a failed or cancelled job goes back among the live ones under its own id, with the errors
// of its earlier attempts, and with its attempts counted anew.
import { validate } from "../broker/validate.ts";
import { jobContracts } from "../contracts/index.ts";
import { query, type Trx } from "../db/knex.ts";
import { signalAtCommit } from "./wake.ts";

// A job whose unique key another live job holds stays in the history: that one does the work.
const reviveSql = `
  with old as (
    select * from jobs.history where id = any(?::uuid[]) and state in ('failed', 'cancelled') for update
  ), added as (
    insert into jobs.jobs (id, type, group_name, queue, lane, state, input, unique_key, unique_until, tags, entity,
      run_at, errors, log, created_at, trace, request_id)
    select id, type, group_name, queue, lane, 'queued', coalesce(?::jsonb, input), unique_key,
      case when unique_key is not null then 'done' end, tags, entity, now(), errors, log, created_at, trace, request_id
    from old
    on conflict do nothing
    returning id
  ), gone as (
    delete from jobs.history h using added where h.id = added.id
  )
  select id from added`;

/**
 * Puts failed and cancelled jobs back to run now; returns the ids that did. `input` replaces the input of all of them,
 * so it is given for one job at a time. Throws VALIDATION_FAILED when it does not fit the contract of `type`.
 */
export const reviveJobs = async (
  trx: Trx,
  ids: readonly string[],
  change?: { readonly type: string; readonly input: unknown },
): Promise<readonly string[]> => {
  if (ids.length === 0) return [];
  const contract = change && jobContracts.get(change.type);
  if (change && !contract) throw new Error(`No contract declares the job ${change.type}`);
  const input = contract ? JSON.stringify(validate(contract.input, change?.input, `The job ${change?.type}`)) : null;
  const rows = await query<{ id: string }>(trx, reviveSql, [[...ids], input]);
  if (rows.length > 0) signalAtCommit(trx, "jobs");
  return rows.map((row) => row.id);
};

/** Deletes finished jobs from the history; returns how many went. */
export const deleteFinished = async (trx: Trx, ids: readonly string[]): Promise<number> => {
  if (ids.length === 0) return 0;
  const rows = await query(trx, "delete from jobs.history where id = any(?::uuid[]) returning 1", [[...ids]]);
  return rows.length;
};
