// SQL of the audit log: lines are only added, and searched newest first.
import { query, type Sql } from "../../shared/db/knex.ts";

/** What concerns accounts and what is done for somebody later; acts over the API are named as their actions are. */
export type AccountEvent =
  | "user.first-owner"
  | "user.signed-in"
  | "user.sign-in-refused"
  | "user.signed-out"
  | "user.session-ended"
  | "user.other-sessions-ended"
  | "user.password-forgotten"
  | "user.password-reset"
  | "user.password-changed"
  | "user.changed"
  | "user.role-changed"
  | "user.communities-changed"
  | "user.disabled"
  | "user.enabled"
  | "user.removed"
  | "user.invited"
  | "user.invite-sent-again"
  | "user.invite-revoked"
  | "user.joined"
  | "token.created"
  | "token.revoked"
  | "contact.erased";

export interface AuditEntry {
  readonly id: string;
  readonly event: string;
  /** When it was done; now when absent. */
  readonly at?: Date | undefined;
  readonly userId?: string | undefined;
  readonly tokenId?: string | undefined;
  readonly objectId?: string | undefined;
  readonly requestId?: string | undefined;
  readonly address?: string | undefined;
  readonly detail?: Readonly<Record<string, unknown>> | undefined;
}

/** Adds lines to the audit log, in one statement. Lines that are there already are left alone. */
export const insertLines = async (sql: Sql, entries: readonly AuditEntry[]): Promise<void> => {
  await query(
    sql,
    `insert into accounts.audit_log (id, at, event, user_id, token_id, object_id, request_id, address, detail)
     select id, coalesce(at, now()), event, user_id, token_id, object_id, request_id, address, coalesce(detail, '{}')
     from json_to_recordset(?::json) as line (id uuid, at timestamptz, event text, user_id uuid, token_id uuid,
       object_id uuid, request_id text, address text, detail jsonb)
     on conflict do nothing`,
    [
      JSON.stringify(
        entries.map((entry) => ({
          id: entry.id,
          at: entry.at,
          event: entry.event,
          user_id: entry.userId,
          token_id: entry.tokenId,
          object_id: entry.objectId,
          request_id: entry.requestId,
          address: entry.address,
          detail: entry.detail,
        })),
      ),
    ],
  );
};

/** Adds a line about an account, in the transaction of what it tells of. */
export const audit = (sql: Sql, entry: AuditEntry & { readonly event: AccountEvent }): Promise<void> =>
  insertLines(sql, [entry]);

export interface AuditRow {
  readonly id: string;
  readonly at: Date;
  readonly action: string;
  readonly userId: string | null;
  readonly email: string | null;
  readonly name: string | null;
  readonly tokenId: string | null;
  readonly objectId: string | null;
  readonly requestId: string | null;
  readonly address: string | null;
  readonly detail: Record<string, unknown>;
}

export interface AuditFilter {
  readonly user?: string | undefined;
  /** An action or its beginning. */
  readonly action?: string | undefined;
  readonly from?: string | undefined;
  readonly until?: string | undefined;
  readonly after?: string | undefined;
  readonly limit: number;
}

/** Lines that fit, the newest first. */
export const searchLines = (sql: Sql, filter: AuditFilter): Promise<AuditRow[]> => {
  const conditions: string[] = [];
  const bindings: unknown[] = [];
  const add = (condition: string, ...values: unknown[]) => {
    conditions.push(condition);
    bindings.push(...values);
  };
  if (filter.user !== undefined) add("l.user_id = ?", filter.user);
  if (filter.action !== undefined) add("(l.event = ? or starts_with(l.event, ?))", filter.action, filter.action);
  if (filter.from !== undefined) add("l.at >= ?::timestamptz", filter.from);
  if (filter.until !== undefined) add("l.at < ?::timestamptz", filter.until);
  if (filter.after !== undefined) add("l.id < ?::uuid", filter.after);
  return query<AuditRow>(
    sql,
    `select l.id, l.at, l.event as action, l.user_id as "userId", u.email, u.name, l.token_id as "tokenId",
       l.object_id as "objectId", l.request_id as "requestId", l.address, l.detail
     from accounts.audit_log l left join accounts.users u on u.id = l.user_id
     ${conditions.length > 0 ? `where ${conditions.join(" and ")}` : ""} order by l.id desc limit ?`,
    [...bindings, filter.limit],
  );
};
