// Small secrets at rest: AES-256-GCM under keys of one purpose (see derived-keys.ts). The first key seals, all open, so
// rotation just works; `about` (whose secret it is) is bound in, so that nobody can move one to another row.
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

const version = 1;
const nonceBytes = 12;
const tagBytes = 16;
const headBytes = 1 + nonceBytes + tagBytes;
const cipher = "aes-256-gcm";

/** The bytes to store: version, nonce, tag, ciphertext. Throws when there is no key. */
export const seal = (keys: readonly Buffer[], plain: Uint8Array, about: string): Buffer => {
  const [key] = keys;
  if (!key) throw new Error("There is no secret key to encrypt with");
  const nonce = randomBytes(nonceBytes);
  const made = createCipheriv(cipher, key, nonce).setAAD(Buffer.from(about));
  const sealed = Buffer.concat([made.update(plain), made.final()]);
  return Buffer.concat([Buffer.from([version]), nonce, made.getAuthTag(), sealed]);
};

export interface Opened {
  readonly plain: Buffer;
  /** Position in `keys` of the key that opened it; above 0, it is due to be sealed anew. */
  readonly key: number;
}

const openWith = (key: Buffer, sealed: Buffer, about: string): Buffer | undefined => {
  const nonce = sealed.subarray(1, 1 + nonceBytes);
  const opened = createDecipheriv(cipher, key, nonce, { authTagLength: tagBytes })
    .setAAD(Buffer.from(about))
    .setAuthTag(sealed.subarray(1 + nonceBytes, headBytes));
  try {
    return Buffer.concat([opened.update(sealed.subarray(headBytes)), opened.final()]);
  } catch {
    // Of another key, about something else, or damaged: the tag does not tell which.
    return undefined;
  }
};

/** What was sealed, or undefined when no key opens it, it is about something else, or it is damaged. */
export const unseal = (keys: readonly Buffer[], sealed: Buffer, about: string): Opened | undefined => {
  if (sealed.length < headBytes || sealed[0] !== version) return undefined;
  for (const [index, key] of keys.entries()) {
    const plain = openWith(key, sealed, about);
    if (plain) return { plain, key: index };
  }
  return undefined;
};
