// Access tokens: made, listed, revoked by the person they belong to. A token never opens more than its maker could.
import type { z } from "zod";
import type { Caller, Meta } from "../../shared/broker/context.ts";
import type { Deps } from "../../shared/broker/deps.ts";
import type { Ability, AccessToken } from "../../shared/contracts/accounts.ts";
import { fail } from "../../shared/contracts/errors.ts";
import { idOfCursor, pageById } from "../../shared/db/id-page.ts";
import { audit } from "../audit/store.ts";
import { makeTokenText } from "../auth/token-text.ts";
import { actorOf, callerOf } from "./actor.ts";
import { demandFreshSession } from "./own-password.ts";
import { announceRevoked } from "./revocations.ts";
import { insertToken, listTokens, revokeTokens } from "./store.ts";

const usualDays = 365;
const dayMs = 86_400_000;

export interface TokenRequest {
  readonly name: string;
  readonly abilities: readonly Ability[];
  readonly expiresInDays?: number | undefined;
}

/**
 * Makes a token; its text is in this answer only. Throws ABILITY_MISSING for abilities the caller does not have, and from
 * a session PROOF_NEEDED when the person gave the password too long ago: a token outlives the session it was made in.
 */
export const createToken = async (
  deps: Deps,
  meta: Meta,
  request: TokenRequest,
): Promise<{ id: string; token: string }> => {
  const caller = callerOf(meta);
  const beyond = request.abilities.filter((ability) => !caller.abilities.includes(ability));
  if (beyond.length > 0)
    throw fail(
      "ABILITY_MISSING",
      `A token cannot do more than its maker: you have ${caller.abilities.join(", ") || "no abilities"}, and not ${beyond.join(", ")}`,
    );
  await demandFreshSession(deps, meta);
  const id = deps.id();
  const { text, secretHash } = makeTokenText(id);
  const expiresAt = new Date(deps.clock.now().getTime() + (request.expiresInDays ?? usualDays) * dayMs);
  const abilities = [...new Set(request.abilities)];
  await deps.db.transaction(async (trx) => {
    await insertToken(trx, {
      id,
      userId: caller.userId,
      name: request.name,
      secretHash,
      abilities,
      expiresAt,
      madeBy: caller.tokenId,
    });
    await audit(trx, {
      id: deps.id(),
      event: "token.created",
      ...actorOf(meta),
      objectId: id,
      detail: { abilities },
    });
  });
  return { id, token: text };
};

/** A page of the caller's tokens, newest first. */
export const pageOfTokens = async (
  deps: Deps,
  caller: Caller,
  query: { limit: number; cursor?: string | undefined },
): Promise<{ data: z.input<typeof AccessToken>[]; nextCursor: string | null }> => {
  const after = idOfCursor(query.cursor);
  const rows = await listTokens(deps.db, caller.userId, deps.clock.now(), query.limit + 1, after);
  const { data, nextCursor } = pageById(rows, query.limit);
  return {
    data: data.map((row) => ({
      id: row.id,
      name: row.name,
      abilities: row.abilities,
      createdAt: row.createdAt.toISOString(),
      expiresAt: row.expiresAt.toISOString(),
      lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
    })),
    nextCursor,
  };
};

/** Revokes a token of the caller, and what was made with it, in every process. Throws ACCESS_TOKEN_NOT_FOUND. */
export const revokeToken = async (deps: Deps, meta: Meta, id: string): Promise<void> => {
  const revoked = await deps.db.transaction(async (trx) => {
    const ids = await revokeTokens(trx, callerOf(meta).userId, id);
    if (ids.length === 0)
      throw fail("ACCESS_TOKEN_NOT_FOUND", `You have no access token ${id}; it may be revoked already`);
    await audit(trx, { id: deps.id(), event: "token.revoked", ...actorOf(meta), objectId: id });
    return ids;
  });
  announceRevoked(deps, revoked);
};
