// Access tokens that were just used, kept for three seconds, so that the guard needs no SQL for most requests.
// A revocation reaches this process's cache at once and the others' over Redis pub/sub; three seconds are the longest wait.
import { timingSafeEqual } from "node:crypto";
import type { ServiceBroker } from "moleculer";
import type { Caller } from "../../shared/broker/context.ts";
import { note } from "../../shared/broker/debug-log.ts";
import { type Deps, depsOf } from "../../shared/broker/deps.ts";
import { findToken, type TokenRow, touchTokens } from "../accounts/store.ts";
import { withPostgres } from "../postgres-deadline.ts";
import { abilitiesOfToken } from "./abilities.ts";
import { hashSecret, readTokenText } from "./token-text.ts";

const keepMs = 3_000;
const mostEntries = 10_000;

export interface TokenCache {
  /**
   * The caller a token's text stands for, or undefined when it is unknown, revoked or expired.
   * `beforeLookup` runs when the database must be asked; it may throw to refuse.
   */
  identify(text: string, beforeLookup: () => Promise<void>): Promise<Caller | undefined>;
  /** Forgets tokens, because they were revoked. */
  forget(ids: readonly string[]): void;
  /** Forgets everything: revocations may have been missed. */
  clear(): void;
  /** Writes when the tokens were last used; in one statement for all since the last call. */
  flush(): Promise<void>;
}

const create = (deps: Deps): TokenCache => {
  const kept = new Map<string, { row: TokenRow | undefined; until: number }>();
  const used = new Map<string, Date>();

  const lookUp = async (id: string, beforeLookup: () => Promise<void>): Promise<TokenRow | undefined> => {
    const known = kept.get(id);
    const fresh = known !== undefined && known.until > deps.clock.monotonic();
    note("cache", "access token", { id, result: fresh ? "hit" : "miss" });
    if (fresh) return known.row;
    await beforeLookup();
    const row = await withPostgres(() => findToken(deps.db, id));
    if (kept.size >= mostEntries) kept.clear();
    // Unknown ids are not kept: anybody can make them up.
    if (row) kept.set(id, { row, until: deps.clock.monotonic() + keepMs });
    else kept.delete(id);
    return row;
  };

  return {
    async identify(text, beforeLookup) {
      const token = readTokenText(text);
      if (!token) return undefined;
      const row = await lookUp(token.id, beforeLookup);
      const stored = row?.secretHash;
      if (!row || !stored || !timingSafeEqual(hashSecret(token.secret), stored)) return undefined;
      const now = deps.clock.now();
      if (row.expiresAt <= now) return undefined;
      used.set(token.id, now);
      return {
        userId: row.userId,
        email: row.email,
        role: row.role,
        abilities: abilitiesOfToken(row.role, row.abilities),
        ...(row.communities ? { communities: row.communities } : {}),
        tokenId: token.id,
      };
    },
    forget(ids) {
      for (const id of ids) kept.delete(id);
    },
    clear() {
      kept.clear();
    },
    async flush() {
      if (used.size === 0) return;
      const batch = [...used];
      used.clear();
      await touchTokens(deps.db, batch);
    },
  };
};

const made = new WeakMap<ServiceBroker, TokenCache>();

/** The cache of this process; the accounts service and the guard share it. */
export const tokenCacheOf = (broker: ServiceBroker): TokenCache => {
  const cache = made.get(broker) ?? create(depsOf(broker));
  made.set(broker, cache);
  return cache;
};
