// Access tokens: made, listed, revoked by the person they belong to. A token never opens more than its maker could.
import type { z } from "zod";
import type { Caller } from "../../shared/broker/context.ts";
import type { Deps } from "../../shared/broker/deps.ts";
import type { Ability, AccessToken } from "../../shared/contracts/accounts.ts";
import { fail } from "../../shared/contracts/errors.ts";
import { idOfCursor, pageById } from "../../shared/db/id-page.ts";
import { makeTokenText } from "../auth/token-text.ts";
import { announceRevoked } from "./revocations.ts";
import { audit, insertToken, listTokens, revokeTokens } from "./store.ts";

const usualDays = 365;
const dayMs = 86_400_000;

/** The caller of a request from outside. Throws NOT_SIGNED_IN for calls from within, which belong to nobody. */
export const callerOf = (meta: { readonly caller?: Caller }): Caller => {
  if (!meta.caller) throw fail("NOT_SIGNED_IN", "This belongs to a person, and the call has none");
  return meta.caller;
};

export interface TokenRequest {
  readonly name: string;
  readonly abilities: readonly Ability[];
  readonly expiresInDays?: number | undefined;
}

/** Makes a token; its text is in this answer only. Throws ABILITY_MISSING for abilities the caller does not have. */
export const createToken = async (
  deps: Deps,
  caller: Caller,
  request: TokenRequest,
  requestId: string | undefined,
): Promise<{ id: string; token: string }> => {
  const beyond = request.abilities.filter((ability) => !caller.abilities.includes(ability));
  if (beyond.length > 0)
    throw fail(
      "ABILITY_MISSING",
      `A token cannot do more than its maker: you have ${caller.abilities.join(", ") || "no abilities"}, and not ${beyond.join(", ")}`,
    );
  const id = deps.id();
  const { text, secretHash } = makeTokenText(id);
  const expiresAt = new Date(deps.clock.now().getTime() + (request.expiresInDays ?? usualDays) * dayMs);
  const abilities = [...new Set(request.abilities)];
  await insertToken(deps.db, {
    id,
    userId: caller.userId,
    name: request.name,
    secretHash,
    abilities,
    expiresAt,
    madeBy: caller.tokenId,
  });
  await audit(deps.db, {
    id: deps.id(),
    event: "token.created",
    userId: caller.userId,
    tokenId: caller.tokenId,
    objectId: id,
    requestId,
    detail: { abilities },
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
export const revokeToken = async (
  deps: Deps,
  caller: Caller,
  id: string,
  requestId: string | undefined,
): Promise<void> => {
  const revoked = await revokeTokens(deps.db, caller.userId, id);
  if (revoked.length === 0)
    throw fail("ACCESS_TOKEN_NOT_FOUND", `You have no access token ${id}; it may be revoked already`);
  announceRevoked(deps, revoked);
  await audit(deps.db, {
    id: deps.id(),
    event: "token.revoked",
    userId: caller.userId,
    tokenId: caller.tokenId,
    objectId: id,
    requestId,
  });
};
