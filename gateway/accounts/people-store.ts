// SQL of the people who have an account. Whatever takes an owner away first locks all owners, so that of two such acts
// at once the second sees what the first has done, and one owner always remains.
import type { Role } from "../../shared/contracts/role.ts";
import { query, type Sql, type Trx } from "../../shared/db/knex.ts";
import { limit } from "./limit-store.ts";

export interface MemberRow {
  readonly id: string;
  readonly email: string;
  readonly name: string | null;
  readonly role: Role;
  readonly communities: readonly string[] | null;
  readonly createdAt: Date;
  readonly lastSignedInAt: Date | null;
  readonly disabledAt: Date | null;
}

const columns = `id, email, name, role, ${limit("")}, created_at as "createdAt", last_signed_in_at as "lastSignedInAt", disabled_at as "disabledAt"`;

/** Everybody, the newest first, after the given id. */
export const listMembers = (sql: Sql, limit: number, after: string | undefined): Promise<MemberRow[]> =>
  query<MemberRow>(
    sql,
    `select ${columns} from accounts.users where ?::uuid is null or id < ?::uuid order by id desc limit ?`,
    [after ?? null, after ?? null, limit],
  );

/** Ids of the owners who may sign in, locked until the transaction ends. */
export const lockOwners = async (trx: Trx): Promise<string[]> => {
  const rows = await query<{ id: string }>(
    trx,
    "select id from accounts.users where role = 'owner' and disabled_at is null order by id for update",
  );
  return rows.map((row) => row.id);
};

/** One person, locked until the transaction ends. */
export const lockMember = async (trx: Trx, id: string): Promise<MemberRow | undefined> =>
  (await query<MemberRow>(trx, `select ${columns} from accounts.users where id = ? for update`, [id]))[0];

export interface MemberChange {
  readonly name: string | null;
  readonly role: Role;
  readonly communities: readonly string[] | null;
  readonly disabledAt: Date | null;
}

export const updateMember = async (trx: Trx, id: string, change: MemberChange): Promise<MemberRow> => {
  const [row] = await query<MemberRow>(
    trx,
    `update accounts.users set name = ?, role = ?, communities = ?::uuid[], disabled_at = ?::timestamptz, updated_at = now() where id = ? returning ${columns}`,
    [change.name, change.role, change.communities, change.disabledAt?.toISOString() ?? null, id],
  );
  return row as MemberRow;
};

/** Deletes a person; tokens and links go with them. */
export const deleteMember = async (trx: Trx, id: string): Promise<void> => {
  await query(trx, "delete from accounts.users where id = ?", [id]);
};

export interface NewMember {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  readonly communities: readonly string[] | null;
  readonly passwordHash: string;
}

/** Adds a person. Answers false when the email is taken. */
export const insertMember = async (trx: Trx, member: NewMember): Promise<boolean> => {
  const rows = await query<{ id: string }>(
    trx,
    `insert into accounts.users (id, email, name, role, communities, password_hash) values (?, ?, ?, ?, ?::uuid[], ?)
     on conflict do nothing returning id`,
    [member.id, member.email, member.name, member.role, member.communities, member.passwordHash],
  );
  return rows.length > 0;
};

/** True when an account has this email, also a disabled one. */
export const emailTaken = async (sql: Sql, email: string): Promise<boolean> =>
  (await query(sql, "select 1 from accounts.users where lower(email) = lower(?)", [email])).length > 0;
