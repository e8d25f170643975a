// What must not go on by itself in a database that was just restored: it knows nothing of what happened after the moment
// of its backup, so what was still to be sent then may have been sent since. People decide; nothing is sent twice by us.
import { query, type Trx } from "./knex.ts";

export interface Settled {
  readonly heldCampaigns: number;
  readonly heldMessages: number;
  readonly unknownMessages: number;
}

const countOf = async (trx: Trx, sql: string): Promise<number> => {
  const [row] = await query<{ n: number }>(trx, sql);
  return row?.n ?? 0;
};

/** Jobs and events begin anew: what was in Redis or in a process at that moment is not there. */
const releaseWork = async (trx: Trx): Promise<void> => {
  await query(trx, "delete from jobs.jobs where type = 'backup.run'");
  await query(
    trx,
    `update jobs.jobs set state = 'queued', attempts = greatest(attempts - 1, 0), attempt_id = null, lease_until = null,
       worker = null, started_at = null, published_at = null where state = 'running'`,
  );
  await query(
    trx,
    "update jobs.jobs set published_at = null where published_at is not null and published_at <> 'infinity'",
  );
  await query(trx, "update jobs.outbox set published_at = null, claimed_until = null");
};

/** Messages in somebody's hands: claimed ones have not left, of those being handed over nobody can know. */
const releaseMessages = async (trx: Trx): Promise<number> => {
  await query(
    trx,
    `update messaging.messages set state = 'queued', attempts = greatest(attempts - 1, 0), attempt_id = null,
       lease_until = null, updated_at = now() where phase = 1 and state = 'claimed'`,
  );
  return countOf(
    trx,
    `with lost as (
       update messaging.messages set state = 'unknown', reason = 'no_answer', lease_until = null, updated_at = now(),
         detail = 'It was being handed over at the moment of the backup that was restored'
       where phase = 1 and state = 'handing_off' returning 1)
     select count(*)::int as n from lost`,
  );
};

/** Every campaign that was on its way waits for a person, who alone knows what was sent after the backup. */
const holdCampaigns = (trx: Trx): Promise<number> =>
  countOf(
    trx,
    `with held as (
       update campaigns.campaigns set status = 'held', held_reason = 'restored', updated_at = now()
       where status in ('scheduled', 'preparing', 'running', 'paused') or (status = 'held' and not audience_complete)
       returning id),
     paused as (
       update messaging.dispatches d set status = 'paused', updated_at = now() from held where d.source_id = held.id)
     select count(*)::int as n from held`,
  );

/** Single messages that were due: most were sent a moment after the backup. Those for a time yet to come stay. */
const doubtSingles = (trx: Trx): Promise<number> =>
  countOf(
    trx,
    `with doubted as (
       update messaging.messages m set state = 'unknown', reason = 'restored', updated_at = now(),
         detail = 'It was waiting at the moment of the backup that was restored, and may have been sent after it'
       where phase = 0 and not_before <= now()
         and not exists (select from campaigns.campaigns c where c.id = m.source_id and c.held_reason = 'restored')
       returning 1)
     select count(*)::int as n from doubted`,
  );

/**
 * Settles a database that was just loaded, in the transaction that loads it. `resume`: nothing was sent after the backup,
 * as its owner says, so campaigns and messages go on where they were.
 */
export const settleRestored = async (trx: Trx, { resume }: { readonly resume: boolean }): Promise<Settled> => {
  await releaseWork(trx);
  const handedOver = await releaseMessages(trx);
  if (resume) return { heldCampaigns: 0, heldMessages: 0, unknownMessages: handedOver };
  const heldCampaigns = await holdCampaigns(trx);
  const doubted = await doubtSingles(trx);
  const heldMessages = await countOf(
    trx,
    `select count(*)::int as n from messaging.messages m join campaigns.campaigns c on c.id = m.source_id
     where m.phase = 0 and c.status = 'held' and c.held_reason = 'restored'`,
  );
  return { heldCampaigns, heldMessages, unknownMessages: handedOver + doubted };
};
