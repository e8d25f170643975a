// SQL of what is mailed as a link: invites, and links to a new password. Only hashes of their secrets are stored, and
// using a link and taking it out of the table are one statement, so that of two clicks one counts.
import type { Role } from "../../shared/contracts/role.ts";
import { query, type Sql, type Trx } from "../../shared/db/knex.ts";
import { limit } from "./limit-store.ts";

export interface InviteRow {
  readonly id: string;
  readonly email: string;
  readonly name: string | null;
  readonly role: Role;
  readonly communities: readonly string[] | null;
  readonly invitedBy: string | null;
  readonly createdAt: Date;
  readonly sentAt: Date;
  readonly expiresAt: Date;
}

const inviteColumns = `id, email, name, role, ${limit("")}, invited_by as "invitedBy", created_at as "createdAt", sent_at as "sentAt", expires_at as "expiresAt"`;

export interface NewInvite {
  readonly id: string;
  readonly email: string;
  readonly name: string | null;
  readonly role: Role;
  readonly communities: readonly string[] | null;
  readonly secretHash: Buffer;
  readonly invitedBy: string;
  readonly now: Date;
  readonly expiresAt: Date;
}

/** Stores an invite; an expired one to the same address makes room. Undefined when one is pending. */
export const insertInvite = async (trx: Trx, invite: NewInvite): Promise<InviteRow | undefined> => {
  const now = invite.now.toISOString();
  await query(trx, "delete from accounts.invites where lower(email) = lower(?) and expires_at <= ?::timestamptz", [
    invite.email,
    now,
  ]);
  const rows = await query<InviteRow>(
    trx,
    `insert into accounts.invites (id, email, name, role, communities, secret_hash, invited_by, created_at, sent_at, expires_at)
     values (?, ?, ?, ?, ?::uuid[], ?, ?, ?::timestamptz, ?::timestamptz, ?::timestamptz) on conflict do nothing returning ${inviteColumns}`,
    [
      invite.id,
      invite.email,
      invite.name,
      invite.role,
      invite.communities,
      invite.secretHash,
      invite.invitedBy,
      now,
      now,
      invite.expiresAt.toISOString(),
    ],
  );
  return rows[0];
};

export const listInvites = (sql: Sql, limit: number, after: string | undefined): Promise<InviteRow[]> =>
  query<InviteRow>(
    sql,
    `select ${inviteColumns} from accounts.invites where ?::uuid is null or id < ?::uuid order by id desc limit ?`,
    [after ?? null, after ?? null, limit],
  );

/** Gives an invite a new secret and a new end. Undefined when there is none. */
export const renewInvite = async (
  trx: Trx,
  id: string,
  secretHash: Buffer,
  now: Date,
  expiresAt: Date,
): Promise<InviteRow | undefined> =>
  (
    await query<InviteRow>(
      trx,
      `update accounts.invites set secret_hash = ?, sent_at = ?::timestamptz, expires_at = ?::timestamptz where id = ? returning ${inviteColumns}`,
      [secretHash, now.toISOString(), expiresAt.toISOString(), id],
    )
  )[0];

/** Deletes an invite. Answers its address, or undefined when there was none. */
export const deleteInvite = async (trx: Trx, id: string): Promise<string | undefined> =>
  (await query<{ email: string }>(trx, "delete from accounts.invites where id = ? returning email", [id]))[0]?.email;

/** The invite that a link opens, or undefined when it was accepted, revoked, sent again or is too old. */
export const findInvite = async (sql: Sql, id: string, secretHash: Buffer, now: Date): Promise<InviteRow | undefined> =>
  (
    await query<InviteRow>(
      sql,
      `select ${inviteColumns} from accounts.invites where id = ? and secret_hash = ? and expires_at > ?::timestamptz`,
      [id, secretHash, now.toISOString()],
    )
  )[0];

/** Takes the invite of a link, once. */
export const takeInvite = async (trx: Trx, id: string, secretHash: Buffer, now: Date): Promise<InviteRow | undefined> =>
  (
    await query<InviteRow>(
      trx,
      `delete from accounts.invites where id = ? and secret_hash = ? and expires_at > ?::timestamptz returning ${inviteColumns}`,
      [id, secretHash, now.toISOString()],
    )
  )[0];

export interface PasswordRequest {
  readonly email: string;
  readonly requestId: string | null;
}

/** Writes down that somebody wants a new password. */
export const insertPasswordRequest = async (
  trx: Trx,
  id: string,
  { email, requestId }: PasswordRequest,
): Promise<void> => {
  await query(trx, "insert into accounts.password_requests (id, email, request_id) values (?, ?, ?)", [
    id,
    email,
    requestId,
  ]);
};

/** Takes a request, once; undefined when it was worked off already. */
export const takePasswordRequest = async (trx: Trx, id: string): Promise<PasswordRequest | undefined> =>
  (
    await query<PasswordRequest>(
      trx,
      `delete from accounts.password_requests where id = ? returning email, request_id as "requestId"`,
      [id],
    )
  )[0];

export const insertPasswordLink = async (
  trx: Trx,
  link: { readonly id: string; readonly userId: string; readonly secretHash: Buffer; readonly expiresAt: Date },
): Promise<void> => {
  await query(
    trx,
    "insert into accounts.password_links (id, user_id, secret_hash, expires_at) values (?, ?, ?, ?::timestamptz)",
    [link.id, link.userId, link.secretHash, link.expiresAt.toISOString()],
  );
};

/** Whether a link to a new password still works. */
export const passwordLinkWorks = async (sql: Sql, id: string, secretHash: Buffer, now: Date): Promise<boolean> =>
  (
    await query(
      sql,
      `select 1 from accounts.password_links l join accounts.users u on u.id = l.user_id
       where l.id = ? and l.secret_hash = ? and l.expires_at > ?::timestamptz and u.disabled_at is null`,
      [id, secretHash, now.toISOString()],
    )
  ).length > 0;

/** Takes a link to a new password, once. Answers whose it is. */
export const takePasswordLink = async (
  trx: Trx,
  id: string,
  secretHash: Buffer,
  now: Date,
): Promise<string | undefined> =>
  (
    await query<{ userId: string }>(
      trx,
      `delete from accounts.password_links l using accounts.users u
       where u.id = l.user_id and u.disabled_at is null and l.id = ? and l.secret_hash = ? and l.expires_at > ?::timestamptz
       returning l.user_id as "userId"`,
      [id, secretHash, now.toISOString()],
    )
  )[0]?.userId;
