// SQL of notices: what was told, and the webhook's calls that are still to be made.
import { query, type Sql, type Trx } from "../../../../shared/db/knex.ts";

export interface NoticeIncident {
  readonly id: string;
  readonly what: "opened" | "recovered" | "still";
  readonly rule: string;
  readonly kind: string;
  readonly subject: string;
  readonly sentence: string;
  readonly detail: string | null;
  readonly value: number;
  readonly worstValue: number;
  readonly unit: string;
  readonly openedAt: string;
  readonly recoveredAt: string | null;
}

export interface NoticeBody {
  readonly title: string;
  readonly incidents: readonly NoticeIncident[];
  /** Where the web app shows them. */
  readonly link: string;
}

export interface NoticeRow {
  readonly id: string;
  readonly at: Date;
  readonly test: boolean;
  readonly body: NoticeBody;
  readonly emailed: number;
  readonly webhook: "waiting" | "sent" | "failed" | null;
  readonly webhookError: string | null;
  readonly webhookAttempts: number;
}

const columns = `id, at, test, body, emailed, webhook, webhook_error as "webhookError", webhook_attempts as "webhookAttempts"`;

/** Adds a notice. */
export const insertNotice = async (
  trx: Trx,
  notice: Pick<NoticeRow, "id" | "test" | "body" | "emailed"> & { readonly webhook: boolean },
): Promise<void> => {
  await query(trx, "insert into scheduler.notices (id, test, body, emailed, webhook) values (?, ?, ?::jsonb, ?, ?)", [
    notice.id,
    notice.test,
    JSON.stringify(notice.body),
    notice.emailed,
    notice.webhook ? "waiting" : null,
  ]);
};

/** The newest notices. */
export const latestNotices = (sql: Sql, limit: number): Promise<NoticeRow[]> =>
  query<NoticeRow>(sql, `select ${columns} from scheduler.notices order by id desc limit ?`, [limit]);

/** The notice with this id, or undefined. */
export const findNotice = async (sql: Sql, id: string): Promise<NoticeRow | undefined> =>
  (await query<NoticeRow>(sql, `select ${columns} from scheduler.notices where id = ?`, [id]))[0];

/** Seconds since somebody was told something that was no test; undefined when nobody ever was. Those to come were told before the clock was put back. */
export const secondsSinceNotice = async (sql: Sql): Promise<number | undefined> =>
  (
    await query<{ seconds: number }>(
      sql,
      "select extract(epoch from now() - at)::float8 as seconds from scheduler.notices where not test and at <= now() order by at desc limit 1",
    )
  )[0]?.seconds;

/**
 * Takes a call in hand for so many seconds; undefined when it was made, or another process has it. One that failed for
 * good is made after all: somebody runs its job again.
 */
export const claimCall = async (sql: Sql, id: string, seconds: number): Promise<NoticeRow | undefined> =>
  (
    await query<NoticeRow>(
      sql,
      `update scheduler.notices set webhook = 'waiting', webhook_claimed_until = now() + ? * interval '1 second', webhook_attempts = webhook_attempts + 1
       where id = ? and webhook <> 'sent' and coalesce(webhook_claimed_until, '-infinity') < now() returning ${columns}`,
      [seconds, id],
    )
  )[0];

/** Notes what became of a call: `waiting` with an error is tried again. */
export const noteCall = async (
  sql: Sql,
  id: string,
  state: "waiting" | "sent" | "failed",
  error: string | null,
): Promise<void> => {
  await query(
    sql,
    `update scheduler.notices set webhook = ?, webhook_error = ?, webhook_claimed_until = null,
       webhook_at = case when ? = 'sent' then now() else webhook_at end where id = ? and webhook = 'waiting'`,
    [state, error?.slice(0, 500) ?? null, state, id],
  );
};

/**
 * Calls that have waited longer than so many seconds, each time twice as long, and that nobody has in hand: their job
 * cannot run, or was to try again and did not.
 */
export const stuckCalls = async (sql: Sql, seconds: number): Promise<string[]> =>
  (
    await query<{ id: string }>(
      sql,
      `select id from scheduler.notices n
       where webhook = 'waiting' and at < now() - ? * power(2, least(webhook_attempts, 12)) * interval '1 second'
         and coalesce(webhook_claimed_until, '-infinity') < now()
         and (webhook_attempts = 0 or not exists (select from jobs.v_live j
           where j.entity = 'notice:' || n.id and (j.state = 'running' or j.run_at > now() - ? * interval '1 second')))
       order by id limit 10`,
      [seconds, seconds],
    )
  ).map(({ id }) => id);

/** Deletes notices older than so many days; returns how many. */
export const deleteOldNotices = async (sql: Sql, days: number): Promise<number> =>
  (await query(sql, "delete from scheduler.notices where at < now() - ? * interval '1 day' returning 1", [days]))
    .length;
