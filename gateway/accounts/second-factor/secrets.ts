// The secret of a second factor at rest: sealed under a key derived from LC_SECRET_KEYS, bound to its person.
import type { Deps } from "../../../shared/broker/deps.ts";
import { fail } from "../../../shared/contracts/errors.ts";
import { derivedKeys } from "../../../shared/lib/derived-keys.ts";
import { seal, unseal } from "../../../shared/lib/sealed.ts";
import { pageOfFactors, resealFactor } from "./store.ts";

const purpose = "totp";
const batch = 500;

/** The bytes to store for the person with this id. */
export const sealSecret = (ring: readonly string[], userId: string, secret: Uint8Array): Buffer =>
  seal(derivedKeys(ring, purpose), secret, userId);

/** A stored secret. Throws SERVICE_UNAVAILABLE when none of the keys opens it: the operator must bring the old one back. */
export const openSecret = (ring: readonly string[], userId: string, sealed: Buffer): Buffer => {
  const opened = unseal(derivedKeys(ring, purpose), sealed, userId);
  if (opened) return opened.plain;
  throw fail(
    "SERVICE_UNAVAILABLE",
    "The code cannot be checked: the key it was stored under is missing from LC_SECRET_KEYS. Use a recovery code, or ask whoever runs this system.",
    { retryAfter: 60 },
  );
};

/**
 * Seals anew what was sealed under an older key, so that the older key can be dropped; at each start. Answers how many
 * were, and how many no key opens.
 */
export const resealSecrets = async (
  deps: Pick<Deps, "db">,
  ring: readonly string[],
): Promise<{ renewed: number; unreadable: number }> => {
  const keys = derivedKeys(ring, purpose);
  let renewed = 0;
  let unreadable = 0;
  for (let after: string | undefined; ; ) {
    const rows = await pageOfFactors(deps.db, after, batch);
    for (const { userId, secret } of rows) {
      const opened = unseal(keys, secret, userId);
      if (!opened) unreadable++;
      else if (opened.key > 0) {
        await resealFactor(deps.db, userId, secret, seal(keys, opened.plain, userId));
        renewed++;
      }
    }
    after = rows.at(-1)?.userId;
    if (rows.length < batch) return { renewed, unreadable };
  }
};
