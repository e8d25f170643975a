// SQL of people and of the audit log.
import type { Role } from "../../shared/contracts/accounts.ts";
import type { Db, Sql } from "../../shared/db/knex.ts";

export interface UserRow {
  readonly id: string;
  readonly email: string;
  readonly name: string | null;
  readonly role: Role;
  readonly createdAt: Date;
}

const columns = `id, email, name, role, created_at as "createdAt"`;

/** A person who may sign in, with the hash of the password; upper and lower case of the email make no difference. */
export const findByEmail = async (
  db: Db,
  email: string,
): Promise<(UserRow & { passwordHash: string | null }) | undefined> => {
  const { rows } = await db.raw<{ rows: (UserRow & { passwordHash: string | null })[] }>(
    `select ${columns}, password_hash as "passwordHash" from accounts.users where lower(email) = lower(?) and disabled_at is null`,
    [email],
  );
  return rows[0];
};

/** A person who may sign in, by id. */
export const findUser = async (db: Db, id: string): Promise<UserRow | undefined> => {
  const { rows } = await db.raw<{ rows: UserRow[] }>(
    `select ${columns} from accounts.users where id = ? and disabled_at is null`,
    [id],
  );
  return rows[0];
};

const firstOwnerLock = 7_262_007;

/** Makes the owner if there is nobody at all yet; of several processes at once, one does. True when this one did. */
export const insertFirstOwner = (
  db: Db,
  owner: { id: string; email: string; passwordHash: string },
): Promise<boolean> =>
  db.transaction(async (trx) => {
    await trx.raw("select pg_advisory_xact_lock(?)", [firstOwnerLock]);
    const { rows } = await trx.raw<{ rows: { id: string }[] }>(
      `insert into accounts.users (id, email, name, role, password_hash)
       select :id, :email, null, 'owner', :passwordHash where not exists (select 1 from accounts.users) returning id`,
      owner,
    );
    return rows.length > 0;
  });

/** True when somebody can sign in already. */
export const anyUser = async (db: Db): Promise<boolean> => {
  const { rows } = await db.raw<{ rows: unknown[] }>("select 1 from accounts.users limit 1");
  return rows.length > 0;
};

export const setPassword = async (db: Db, userId: string, passwordHash: string): Promise<void> => {
  await db.raw("update accounts.users set password_hash = ?, updated_at = now() where id = ?", [passwordHash, userId]);
};

export type AuditEvent =
  | "user.first-owner"
  | "user.signed-in"
  | "user.sign-in-refused"
  | "user.signed-out"
  | "user.password-reset"
  | "token.created"
  | "token.revoked";

export interface AuditEntry {
  readonly id: string;
  readonly event: AuditEvent;
  readonly userId?: string | undefined;
  readonly tokenId?: string | undefined;
  readonly objectId?: string | undefined;
  readonly requestId?: string | undefined;
  readonly detail?: Readonly<Record<string, unknown>>;
}

/** Adds a line to the audit log. */
export const audit = async (sql: Sql, entry: AuditEntry): Promise<void> => {
  await sql.raw(
    "insert into accounts.audit_log (id, event, user_id, token_id, object_id, request_id, detail) values (?, ?, ?, ?, ?, ?, ?::jsonb)",
    [
      entry.id,
      entry.event,
      entry.userId ?? null,
      entry.tokenId ?? null,
      entry.objectId ?? null,
      entry.requestId ?? null,
      JSON.stringify(entry.detail ?? {}),
    ] as never,
  );
};
