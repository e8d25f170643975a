// SQL of signing in: who may, their passwords, and their access tokens.
import type { Ability, Role } from "../../shared/contracts/accounts.ts";
import type { Db, Sql, Trx } from "../../shared/db/knex.ts";
import { limit } from "./limit-store.ts";

export interface UserRow {
  readonly id: string;
  readonly email: string;
  readonly name: string | null;
  readonly role: Role;
  /** The communities that the person is limited to; null: all of them. */
  readonly communities: readonly string[] | null;
  readonly createdAt: Date;
}

/** A person who may sign in, with the hash of the password. */
export interface KnownUser extends UserRow {
  readonly passwordHash: string | null;
  readonly hasSecondFactor: boolean;
}

const columns = `id, email, name, role, ${limit("")}, created_at as "createdAt"`;
const known = `${columns}, password_hash as "passwordHash",
  exists (select 1 from accounts.second_factors f where f.user_id = users.id) as "hasSecondFactor"`;

/** Who may sign in with this email; upper and lower case make no difference. */
export const findByEmail = async (db: Sql, email: string): Promise<KnownUser | undefined> => {
  const { rows } = await db.raw<{ rows: KnownUser[] }>(
    `select ${known} from accounts.users where lower(email) = lower(?) and disabled_at is null`,
    [email],
  );
  return rows[0];
};

/** Who may sign in, by id. */
export const findUser = async (db: Sql, id: string): Promise<KnownUser | undefined> => {
  const { rows } = await db.raw<{ rows: KnownUser[] }>(
    `select ${known} from accounts.users where id = ? and disabled_at is null`,
    [id],
  );
  return rows[0];
};

/** Keeps a person as they are until the transaction ends; what is read of them afterwards holds. */
export const lockUser = async (trx: Trx, id: string): Promise<void> => {
  await trx.raw("select 1 from accounts.users where id = ? for no key update", [id]);
};

/** The database's time: the one clock that all replicas share. */
export const databaseTime = async (sql: Sql): Promise<Date> => {
  const { rows } = await sql.raw<{ rows: { now: Date }[] }>("select clock_timestamp() as now");
  return (rows[0] as { now: Date }).now;
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

/** Sets a password; links to a new one that were mailed before no longer work. */
export const setPassword = async (trx: Trx, userId: string, passwordHash: string): Promise<void> => {
  await trx.raw("update accounts.users set password_hash = ?, updated_at = now() where id = ?", [passwordHash, userId]);
  await trx.raw("delete from accounts.password_links where user_id = ?", [userId]);
};

/** Puts another hash of the same password in the place of `before`. False when the password is another one by now. */
export const renewHash = async (db: Sql, userId: string, before: string, after: string): Promise<boolean> => {
  const { rows } = await db.raw<{ rows: unknown[] }>(
    "update accounts.users set password_hash = ? where id = ? and password_hash = ? returning id",
    [after, userId, before],
  );
  return rows.length > 0;
};

/** Notes that somebody signed in. */
export const noteSignIn = async (trx: Trx, userId: string, at: Date): Promise<void> => {
  await trx.raw("update accounts.users set last_signed_in_at = ? where id = ?", [at.toISOString(), userId]);
};

/** Whoever the sign-in link of this machine belongs to: the owner with this email, or else the first one. */
export const findSomeOwner = async (db: Db, email: string): Promise<UserRow | undefined> => {
  const { rows } = await db.raw<{ rows: UserRow[] }>(
    `select ${columns} from accounts.users where role = 'owner' and disabled_at is null
     order by (lower(email) = lower(?)) desc, created_at, id limit 1`,
    [email],
  );
  return rows[0];
};

/** What the guard needs to know of a token, with the person it belongs to. */
export interface TokenRow {
  readonly secretHash: Buffer;
  readonly abilities: readonly Ability[];
  readonly expiresAt: Date;
  readonly userId: string;
  readonly email: string;
  readonly role: Role;
  readonly communities: readonly string[] | null;
}

/** A token that is neither revoked nor the token of a disabled person; expired ones are included. */
export const findToken = async (db: Db, id: string): Promise<TokenRow | undefined> => {
  const { rows } = await db.raw<{ rows: TokenRow[] }>(
    `select t.secret_hash as "secretHash", t.abilities, t.expires_at as "expiresAt", t.user_id as "userId", u.email, u.role,
       ${limit("u.")}
     from accounts.access_tokens t join accounts.users u on u.id = t.user_id
     where t.id = ? and t.revoked_at is null and u.disabled_at is null`,
    [id],
  );
  return rows[0];
};

/** Writes when tokens were last used. A later time is never overwritten by an earlier one of another process. */
export const touchTokens = async (db: Db, used: readonly (readonly [id: string, at: Date])[]): Promise<void> => {
  await db.raw(
    `update accounts.access_tokens t set last_used_at = greatest(t.last_used_at, u.at)
     from unnest(?::uuid[], ?::timestamptz[]) as u(id, at) where t.id = u.id`,
    [used.map(([id]) => id), used.map(([, at]) => at.toISOString())],
  );
};

export interface NewToken {
  readonly id: string;
  readonly userId: string;
  readonly name: string;
  readonly secretHash: Buffer;
  readonly abilities: readonly Ability[];
  readonly expiresAt: Date;
  /** The token it was made with, if any: revoked with it, and never outliving it. */
  readonly madeBy: string | undefined;
}

/** Stores a token. Its expiry is at most that of the token it was made with. */
export const insertToken = async (db: Sql, token: NewToken): Promise<void> => {
  await db.raw(
    `insert into accounts.access_tokens (id, user_id, name, secret_hash, abilities, expires_at, made_by)
     select :id, :userId, :name, :secretHash, :abilities::text[],
       least(:expiresAt::timestamptz, (select expires_at from accounts.access_tokens where id = :madeBy)), :madeBy`,
    {
      ...token,
      abilities: [...token.abilities],
      expiresAt: token.expiresAt.toISOString(),
      madeBy: token.madeBy ?? null,
    } as never,
  );
};

export interface ListedToken {
  readonly id: string;
  readonly name: string;
  readonly abilities: Ability[];
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly lastUsedAt: Date | null;
}

/** A person's tokens that still open something, newest first, after the given id. */
export const listTokens = async (
  db: Db,
  userId: string,
  now: Date,
  limit: number,
  after: string | undefined,
): Promise<ListedToken[]> => {
  const { rows } = await db.raw<{ rows: ListedToken[] }>(
    `select id, name, abilities, created_at as "createdAt", expires_at as "expiresAt", last_used_at as "lastUsedAt"
     from accounts.access_tokens
     where user_id = :userId and revoked_at is null and expires_at > :now and (:after::uuid is null or id < :after::uuid)
     order by id desc limit :limit`,
    { userId, now: now.toISOString(), after: after ?? null, limit } as never,
  );
  return rows;
};

/** Revokes a person's token and every token made with it. Answers the ids; empty when there was no such token. */
export const revokeTokens = async (db: Sql, userId: string, id: string): Promise<string[]> => {
  const { rows } = await db.raw<{ rows: { id: string }[] }>(
    `with recursive family as (
       select id from accounts.access_tokens where id = :id and user_id = :userId and revoked_at is null
       union select t.id from accounts.access_tokens t join family f on t.made_by = f.id
     )
     update accounts.access_tokens t set revoked_at = now() from family f where t.id = f.id and t.revoked_at is null returning t.id`,
    { id, userId },
  );
  return rows.map((row) => row.id);
};

/** Revokes all tokens of a person. Answers the ids. */
export const revokeAllTokens = async (db: Sql, userId: string): Promise<string[]> => {
  const { rows } = await db.raw<{ rows: { id: string }[] }>(
    "update accounts.access_tokens set revoked_at = now() where user_id = ? and revoked_at is null returning id",
    [userId],
  );
  return rows.map((row) => row.id);
};

/** Ids of a person's tokens that are not revoked: what is remembered of them is out of date when the person changes. */
export const liveTokenIds = async (db: Sql, userId: string): Promise<string[]> => {
  const { rows } = await db.raw<{ rows: { id: string }[] }>(
    "select id from accounts.access_tokens where user_id = ? and revoked_at is null",
    [userId],
  );
  return rows.map((row) => row.id);
};
