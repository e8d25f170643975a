// Test mails of sender accounts in the ledger: taken by their job once, and what the server said kept beside the account.
// Same order as every message: committed as handing_off before the network call, its outcome a compare-and-set after.
import { query, type Sql, type Trx } from "../db/knex.ts";
import type { ClaimedMessage } from "./claim.ts";

export interface TestReport {
  readonly outcome: "accepted" | "refused" | "failed" | "no_answer" | "skipped";
  readonly to: string;
  readonly server: string | null;
  readonly answer: string | null;
  readonly transcript: readonly {
    readonly server: string;
    readonly from: "us" | "server";
    readonly text: string;
    readonly ms: number;
  }[];
  readonly tookMs: number | null;
  readonly meaning: string;
  readonly todo: string | null;
}

/** Reports that are kept per account. */
const KEPT = 10;

/** Takes a queued test for one attempt. Undefined when it was taken before, or is gone. */
export const claimTest = async (
  sql: Sql,
  messageId: string,
  attemptId: string,
  leaseSeconds: number,
): Promise<ClaimedMessage | undefined> =>
  (
    await query<ClaimedMessage>(
      sql,
      `update messaging.messages set state = 'claimed', attempts = attempts + 1, attempt_id = ?,
         lease_until = now() + make_interval(secs => ?), updated_at = now()
       where id = ? and state = 'queued'
       returning id, contact_id as "contactId", address, vars, content_id as "contentId", attempts`,
      [attemptId, leaseSeconds, messageId],
    )
  )[0];

/** Ends a test that is still queued: nobody will hand it over any more. */
export const closeTest = async (sql: Sql, messageId: string, detail: string): Promise<void> => {
  await query(
    sql,
    "update messaging.messages set state = 'failed', reason = 'gave_up', detail = ?, updated_at = now() where id = ? and state = 'queued'",
    [detail, messageId],
  );
};

/** Keeps a report, marks the account as tested, and forgets reports beyond the last ten of the account. */
export const keepReport = async (
  trx: Trx,
  { messageId, accountId, report, at }: { messageId: string; accountId: string; report: TestReport; at: Date },
): Promise<void> => {
  const [account] = await query<{ id: string }>(
    trx,
    "update messaging.sender_accounts set tested_at = ?, test_ok = ?, test_answer = ? where id = ? returning id",
    [at, report.outcome === "accepted", (report.answer ?? report.meaning).slice(0, 500), accountId],
  );
  // Deleted meanwhile: the ledger still has the message.
  if (!account) return;
  await query(
    trx,
    `insert into messaging.sender_tests (message_id, account_id, report, at) values (?, ?, ?::jsonb, ?)
     on conflict (message_id) do nothing`,
    [messageId, accountId, JSON.stringify(report), at],
  );
  await query(
    trx,
    `delete from messaging.sender_tests where account_id = ? and message_id not in
       (select message_id from messaging.sender_tests where account_id = ? order by at desc limit ${KEPT})`,
    [accountId, accountId],
  );
};

/** What came of a test: its report once there is one. */
export const findReport = async (
  sql: Sql,
  messageId: string,
): Promise<{ readonly report: TestReport; readonly at: Date } | undefined> =>
  (
    await query<{ report: TestReport; at: Date }>(
      sql,
      "select report, at from messaging.sender_tests where message_id = ?",
      [messageId],
    )
  )[0];

/** Takes these addresses out of what is kept about tests, reports and accounts' last answers, when a person is erased. */
export const eraseFromTests = async (trx: Trx, addresses: readonly string[]): Promise<void> => {
  await query(
    trx,
    `delete from messaging.sender_tests t using unnest(?::text[]) as gone(address)
     where strpos(lower(t.report::text), gone.address) > 0`,
    [[...addresses]],
  );
  await query(
    trx,
    `update messaging.sender_accounts a set test_answer = null from unnest(?::text[]) as gone(address)
     where strpos(lower(a.test_answer), gone.address) > 0`,
    [[...addresses]],
  );
};
