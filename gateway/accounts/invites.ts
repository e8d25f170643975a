// Invites: a mail with a link for one use. The person exists from the moment the link is used, with a password of their own.
import type { z } from "zod";
import type { Meta } from "../../shared/broker/context.ts";
import type { Deps } from "../../shared/broker/deps.ts";
import { config } from "../../shared/config.ts";
import { fail } from "../../shared/contracts/errors.ts";
import type { Role } from "../../shared/contracts/role.ts";
import type { Invite } from "../../shared/contracts/users.ts";
import { idOfCursor, pageById } from "../../shared/db/id-page.ts";
import type { Trx } from "../../shared/db/knex.ts";
import { normaliseEmail } from "../../shared/lib/email-address.ts";
import { audit } from "../audit/store.ts";
import { addAccountMail, demandMail, linkTo } from "./account-mail.ts";
import { actorOf, callerOf } from "./actor.ts";
import { checkedLimit, shownLimit } from "./limits.ts";
import {
  deleteInvite,
  findInvite,
  type InviteRow,
  insertInvite,
  listInvites,
  renewInvite,
  takeInvite,
} from "./link-store.ts";
import { makeLinkToken, readLinkToken } from "./link-token.ts";
import { demandFreshSession } from "./own-password.ts";
import { demandGoodPassword, hashPassword } from "./passwords.ts";
import { emailTaken, insertMember } from "./people-store.ts";
import { findUser, type KnownUser } from "./store.ts";

const hours = 72;
const lifeMs = hours * 3_600_000;

const showInvite = (row: InviteRow): z.output<typeof Invite> => ({
  id: row.id,
  email: row.email,
  name: row.name,
  role: row.role,
  communities: shownLimit(row.communities),
  invitedBy: row.invitedBy,
  createdAt: row.createdAt.toISOString(),
  sentAt: row.sentAt.toISOString(),
  expiresAt: row.expiresAt.toISOString(),
});

const withArticle = (role: Role): string => `${/^[aeo]/.test(role) ? "an" : "a"} ${role}`;

const mailInvite = async (trx: Trx, deps: Deps, meta: Meta, invite: InviteRow, token: string): Promise<void> => {
  const inviter = await findUser(trx, callerOf(meta).userId);
  const queued = await addAccountMail(trx, deps.id, "invite", {
    to: invite.email,
    vars: {
      inviter: inviter?.name ?? inviter?.email ?? "A colleague",
      role: withArticle(invite.role),
      link: linkTo(`/accept-invite/${token}`),
    },
  });
  if (queued) return;
  const message = "is suppressed, so no mail reaches it; lift the suppression first, or use another address";
  throw fail("VALIDATION_FAILED", `${invite.email} ${message}`, { errors: [{ path: "email", message }] });
};

export interface InviteRequest {
  readonly email: string;
  readonly role: Role;
  readonly name?: string | undefined;
  readonly communities?: readonly string[] | null | undefined;
}

/**
 * Invites somebody by mail. Throws USER_EXISTS, INVITE_PENDING (409), VALIDATION_FAILED for an address that cannot be one,
 * PROOF_NEEDED, and what stands against sending mail.
 */
export const inviteMember = async (
  deps: Deps,
  meta: Meta,
  request: InviteRequest,
): Promise<z.output<typeof Invite>> => {
  const address = normaliseEmail(request.email);
  if ("problem" in address)
    throw fail("VALIDATION_FAILED", `email: ${address.problem}`, {
      errors: [{ path: "email", message: address.problem }],
    });
  const { email } = address;
  await demandFreshSession(deps, meta);
  await demandMail(deps.db);
  const id = deps.id();
  const now = deps.clock.now();
  const { token, secretHash } = makeLinkToken(config.secretKeys, "invite", id);
  const row = await deps.db.transaction(async (trx) => {
    const communities = await checkedLimit(trx, request.role, request.communities ?? null);
    if (await emailTaken(trx, email))
      throw fail("USER_EXISTS", `${email} has an account already; change the role there instead`);
    const invite = await insertInvite(trx, {
      id,
      email,
      name: request.name ?? null,
      role: request.role,
      communities,
      secretHash,
      invitedBy: callerOf(meta).userId,
      now,
      expiresAt: new Date(now.getTime() + lifeMs),
    });
    if (!invite)
      throw fail("INVITE_PENDING", `${email} has an invite that is open; send it again, or revoke it and invite anew`);
    await mailInvite(trx, deps, meta, invite, token);
    await audit(trx, {
      id: deps.id(),
      event: "user.invited",
      ...actorOf(meta),
      objectId: id,
      detail: { role: request.role, ...(communities ? { communities } : {}) },
    });
    return invite;
  });
  return showInvite(row);
};

/** A page of invites that nobody has accepted. */
export const pageOfInvites = async (deps: Deps, query: { limit: number; cursor?: string | undefined }) => {
  const { data, nextCursor } = pageById(
    await listInvites(deps.db, query.limit + 1, idOfCursor(query.cursor)),
    query.limit,
  );
  return { data: data.map(showInvite), nextCursor };
};

/** Mails a new link; the one before is dead. Throws INVITE_NOT_FOUND and what stands against sending mail. */
export const resendInvite = async (deps: Deps, meta: Meta, id: string): Promise<z.output<typeof Invite>> => {
  await demandMail(deps.db);
  const now = deps.clock.now();
  const { token, secretHash } = makeLinkToken(config.secretKeys, "invite", id);
  const row = await deps.db.transaction(async (trx) => {
    const invite = await renewInvite(trx, id, secretHash, now, new Date(now.getTime() + lifeMs));
    if (!invite) throw fail("INVITE_NOT_FOUND", `There is no invite ${id}; it may be accepted or revoked already`);
    await mailInvite(trx, deps, meta, invite, token);
    await audit(trx, { id: deps.id(), event: "user.invite-sent-again", ...actorOf(meta), objectId: id });
    return invite;
  });
  return showInvite(row);
};

/** Takes an invite back. Throws INVITE_NOT_FOUND. */
export const revokeInvite = async (deps: Deps, meta: Meta, id: string): Promise<void> => {
  await deps.db.transaction(async (trx) => {
    if ((await deleteInvite(trx, id)) === undefined)
      throw fail("INVITE_NOT_FOUND", `There is no invite ${id}; it may be accepted or revoked already`);
    await audit(trx, { id: deps.id(), event: "user.invite-revoked", ...actorOf(meta), objectId: id });
  });
};

const dead = () =>
  fail(
    "LINK_INVALID",
    "This invite was accepted already, was taken back or sent again, or is older than 72 hours. Ask for a new one.",
  );

/** Whom a link invites; changes nothing. Throws LINK_INVALID. */
export const openInvite = async (
  deps: Pick<Deps, "db" | "clock">,
  token: string,
): Promise<Pick<InviteRow, "email" | "name" | "role">> => {
  const link = readLinkToken(config.secretKeys, "invite", token);
  const invite = link && (await findInvite(deps.db, link.id, link.secretHash, deps.clock.now()));
  if (!invite) throw dead();
  return { email: invite.email, name: invite.name, role: invite.role };
};

export interface Acceptance {
  readonly token: string;
  readonly name: string;
  readonly password: string;
  readonly requestId: string;
  readonly address: string;
}

/** Makes the person of an invite, once. Throws LINK_INVALID, USER_EXISTS, VALIDATION_FAILED for a bad password. */
export const acceptInvite = async (
  deps: Pick<Deps, "db" | "clock" | "id">,
  { token, name, password, requestId, address }: Acceptance,
): Promise<KnownUser> => {
  const link = readLinkToken(config.secretKeys, "invite", token);
  const invite = link && (await findInvite(deps.db, link.id, link.secretHash, deps.clock.now()));
  if (!link || !invite) throw dead();
  demandGoodPassword(password, invite.email);
  // Before the transaction: hashing takes long, and an open transaction makes others wait.
  const passwordHash = await hashPassword(password);
  const id = deps.id();
  return deps.db.transaction(async (trx) => {
    const taken = await takeInvite(trx, link.id, link.secretHash, deps.clock.now());
    if (!taken) throw dead();
    if (
      !(await insertMember(trx, {
        id,
        email: taken.email,
        name,
        role: taken.role,
        communities: taken.communities,
        passwordHash,
      }))
    )
      throw fail("USER_EXISTS", `${taken.email} has an account already: sign in instead`);
    await audit(trx, {
      id: deps.id(),
      event: "user.joined",
      userId: id,
      objectId: link.id,
      requestId,
      address,
      detail: { role: taken.role },
    });
    const user = await findUser(trx, id);
    if (!user) throw new Error("the person was not stored");
    return user;
  });
};
