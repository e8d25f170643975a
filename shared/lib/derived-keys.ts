// A key per purpose out of LC_SECRET_KEYS (HKDF-SHA256), so that what leaks or is guessed for one purpose opens no other.
// The order is the ring's: sign and encrypt with the first, verify and decrypt with every one, and rotation just works.
import { hkdfSync } from "node:crypto";

const keyBytes = 32;

const derived = new WeakMap<readonly string[], Map<string, readonly Buffer[]>>();

/**
 * The keys (32 bytes each) of one purpose, one per secret of `ring` and in its order, derived once per ring: pass the
 * same array every time (config.secretKeys). `purpose` is a short constant such as `totp`; another purpose has unrelated
 * keys. An empty ring has none.
 */
export const derivedKeys = (ring: readonly string[], purpose: string): readonly Buffer[] => {
  const byPurpose = derived.get(ring) ?? new Map<string, readonly Buffer[]>();
  derived.set(ring, byPurpose);
  let made = byPurpose.get(purpose);
  if (!made) {
    made = ring.map((secret) => Buffer.from(hkdfSync("sha256", secret, "", `lc:${purpose}`, keyBytes)));
    byPurpose.set(purpose, made);
  }
  return made;
};
