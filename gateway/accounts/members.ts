// The people of this installation as owners manage them: names, roles, who may sign in. One owner always remains.
import type { z } from "zod";
import type { Meta } from "../../shared/broker/context.ts";
import type { Deps } from "../../shared/broker/deps.ts";
import type { User } from "../../shared/contracts/accounts.ts";
import { fail } from "../../shared/contracts/errors.ts";
import type { Role } from "../../shared/contracts/role.ts";
import type { Member } from "../../shared/contracts/users.ts";
import { idOfCursor, pageById } from "../../shared/db/id-page.ts";
import { type AccountEvent, audit } from "../audit/store.ts";
import { applyAccessChange, publishAccessChange } from "./access-changed.ts";
import { actorOf, sessionOf } from "./actor.ts";
import { checkedLimit, sameLimit, shownLimit } from "./limits.ts";
import { showUser } from "./login.ts";
import { demandFreshSession } from "./own-password.ts";
import { deleteMember, listMembers, lockMember, lockOwners, type MemberRow, updateMember } from "./people-store.ts";
import { liveTokenIds, revokeAllTokens } from "./store.ts";

/** A person as owners see them. */
const showMember = (row: MemberRow): z.output<typeof Member> => ({
  id: row.id,
  email: row.email,
  name: row.name,
  role: row.role,
  communities: shownLimit(row.communities),
  createdAt: row.createdAt.toISOString(),
  lastSignedInAt: row.lastSignedInAt?.toISOString() ?? null,
  disabledAt: row.disabledAt?.toISOString() ?? null,
  secondFactor: row.secondFactor,
});

/** A page of everybody. */
export const pageOfMembers = async (deps: Deps, query: { limit: number; cursor?: string | undefined }) => {
  const { data, nextCursor } = pageById(
    await listMembers(deps.db, query.limit + 1, idOfCursor(query.cursor)),
    query.limit,
  );
  return { data: data.map(showMember), nextCursor };
};

const demandOtherOwner = (owners: readonly string[], id: string): void => {
  if (owners.length === 1 && owners[0] === id)
    throw fail(
      "USER_LAST_OWNER",
      "This is the only owner who can sign in. Make somebody else an owner first, then change this one.",
    );
};

export interface MemberUpdate {
  readonly id: string;
  readonly name?: string | null | undefined;
  readonly role?: Role | undefined;
  /** Null: all. */
  readonly communities?: readonly string[] | null | undefined;
  readonly disabled?: boolean | undefined;
}

/**
 * Changes a person. A new role, other communities or disabling ends their sessions; disabling also revokes their tokens for good.
 * Throws USER_NOT_FOUND, USER_LAST_OWNER; PROOF_NEEDED for what may give somebody more, which outlasts the session.
 */
export const changeMember = async (deps: Deps, meta: Meta, update: MemberUpdate): Promise<z.output<typeof Member>> => {
  const { id } = update;
  const at = deps.clock.now();
  const { row, tokenIds, change } = await deps.db.transaction(async (trx) => {
    const owners = await lockOwners(trx);
    const before = await lockMember(trx, id);
    if (!before) throw fail("USER_NOT_FOUND", `No account has the id ${id}`);
    const role = update.role ?? before.role;
    const disable = update.disabled === true && before.disabledAt === null;
    const enable = update.disabled === false && before.disabledAt !== null;
    if (role !== "owner" || disable) demandOtherOwner(owners, id);
    // Whoever becomes an owner sees everything from now on.
    const kept = role === "owner" ? null : before.communities;
    const communities = update.communities === undefined ? kept : await checkedLimit(trx, role, update.communities);
    const moved = !sameLimit(before.communities, communities);
    if (role !== before.role || moved || enable) await demandFreshSession(deps, meta);
    const row = await updateMember(trx, id, {
      name: update.name === undefined ? before.name : update.name,
      role,
      communities,
      disabledAt: disable ? at : enable ? null : before.disabledAt,
    });
    const done: readonly (readonly [boolean, AccountEvent, Record<string, unknown>?])[] = [
      [row.name !== before.name, "user.changed"],
      [role !== before.role, "user.role-changed", { from: before.role, to: role }],
      [moved, "user.communities-changed", { from: before.communities, to: communities }],
      [disable, "user.disabled"],
      [enable, "user.enabled"],
    ];
    for (const [happened, event, detail] of done)
      if (happened) await audit(trx, { id: deps.id(), event, ...actorOf(meta), objectId: id, detail });
    if (role === before.role && !moved && !disable) return { row, tokenIds: [], change: undefined };
    const tokenIds = disable ? await revokeAllTokens(trx, id) : await liveTokenIds(trx, id);
    return { row, tokenIds, change: await publishAccessChange(trx, { userId: id }) };
  });
  if (change) await applyAccessChange(deps, change, tokenIds);
  return showMember(row);
};

/** Changes the caller's own name. Throws NOT_SIGNED_IN when the account is gone, SESSION_REQUIRED for access tokens. */
export const renameSelf = async (deps: Deps, meta: Meta, name: string): Promise<z.output<typeof User>> => {
  const { userId } = sessionOf(meta).caller;
  const row = await deps.db.transaction(async (trx) => {
    const before = await lockMember(trx, userId);
    if (!before) throw fail("NOT_SIGNED_IN", "This account no longer exists");
    await audit(trx, { id: deps.id(), event: "user.changed", ...actorOf(meta), objectId: userId });
    return updateMember(trx, userId, { ...before, name });
  });
  return showUser(row);
};

/** Deletes a person with tokens and sessions; what they did stays in the audit log. Throws USER_NOT_FOUND, USER_LAST_OWNER. */
export const removeMember = async (deps: Deps, meta: Meta, id: string): Promise<void> => {
  const { change, tokenIds } = await deps.db.transaction(async (trx) => {
    const owners = await lockOwners(trx);
    const member = await lockMember(trx, id);
    if (!member) throw fail("USER_NOT_FOUND", `No account has the id ${id}`);
    demandOtherOwner(owners, id);
    const tokenIds = await liveTokenIds(trx, id);
    const change = await publishAccessChange(trx, { userId: id });
    await deleteMember(trx, id);
    await audit(trx, {
      id: deps.id(),
      event: "user.removed",
      ...actorOf(meta),
      objectId: id,
      detail: { role: member.role },
    });
    return { change, tokenIds };
  });
  await applyAccessChange(deps, change, tokenIds);
};
