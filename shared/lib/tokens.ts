// Signed public tokens for links in mail: base64url(payload ‖ 12 bytes of HMAC-SHA256), under a key per purpose.
// No personal data inside, nothing to look up to verify one; the first key signs, all verify, so old links survive rotation.
import { createHmac, hash, timingSafeEqual } from "node:crypto";
import { derivedKeys } from "./derived-keys.ts";

/** What a message's links are for; a token of one purpose never opens as another. */
export type MessageTokenPurpose = "open" | "click" | "unsubscribe";
type Purpose = MessageTokenPurpose | "return-path";

const signatureBytes = 12;
const maxTokenLength = 400;
const idBytes = 16;

/** A key as HMAC needs it (RFC 2104): padded to the hash's block and masked, once. */
const masked = new WeakMap<Buffer, { readonly inner: Buffer; readonly outer: Buffer }>();
const maskedKey = (key: Buffer) => {
  let made = masked.get(key);
  if (!made) {
    const block = Buffer.alloc(64);
    key.copy(block);
    made = { inner: block.map((byte) => byte ^ 0x36) as Buffer, outer: block.map((byte) => byte ^ 0x5c) as Buffer };
    masked.set(key, made);
  }
  return made;
};

/**
 * HMAC-SHA256 over two one-shot hashes: every mail carries five of these, and this way they cost a third of createHmac's
 * objects. A test compares the two.
 */
const signatureOf = (key: Buffer, payload: Uint8Array): Buffer => {
  const { inner, outer } = maskedKey(key);
  const first = hash("sha256", Buffer.concat([inner, payload]), "buffer");
  return hash("sha256", Buffer.concat([outer, first]), "buffer").subarray(0, signatureBytes);
};

/** HMAC-SHA256 of `text` under the first key's derivation for `purpose`, in base64url. For hashes that must not be guessable. */
export const keyedHash = (keys: readonly string[], purpose: string, text: string): string => {
  const key = derivedKeys(keys, purpose)[0];
  if (!key) throw new Error("There is no secret key to hash with");
  return createHmac("sha256", key).update(text).digest("base64url");
};

/**
 * For the same HMAC made in SQL, per key (the first one signs): hex(sha256(outer ‖ sha256(inner ‖ text))) is the HMAC-SHA256
 * of `text` under that key.
 */
export const keyedHashMasks = (
  keys: readonly string[],
  purpose: string,
): readonly { readonly inner: Buffer; readonly outer: Buffer }[] => derivedKeys(keys, purpose).map(maskedKey);

/** True when `hash` is what keyedHash made of `text` under any of the keys. Takes the same time for every wrong hash. */
export const keyedHashFits = (keys: readonly string[], purpose: string, text: string, hash: string): boolean => {
  const given = Buffer.from(hash, "base64url");
  return derivedKeys(keys, purpose).some((key) => {
    const expected = createHmac("sha256", key).update(text).digest();
    return expected.length === given.length && timingSafeEqual(expected, given);
  });
};

/** A token that carries `payload` and proves that the holder of `keys` made it for `purpose`. Throws without a key. */
export const signToken = (keys: readonly string[], purpose: string, payload: Uint8Array): string => {
  const key = derivedKeys(keys, purpose)[0];
  if (!key) throw new Error("There is no secret key to sign with");
  return Buffer.concat([payload, signatureOf(key, payload)]).toString("base64url");
};

/** The payload of a token of this purpose, or undefined when it is forged, damaged or of another purpose. */
export const openToken = (keys: readonly string[], purpose: string, token: string): Uint8Array | undefined => {
  if (token.length > maxTokenLength || !/^[\w-]+$/.test(token)) return undefined;
  const bytes = Buffer.from(token, "base64url");
  // Only the one canonical spelling counts: base64 has several for the same bytes when the last digit has spare bits.
  if (bytes.length <= signatureBytes || bytes.toString("base64url") !== token) return undefined;
  const payload = bytes.subarray(0, -signatureBytes);
  const signature = bytes.subarray(-signatureBytes);
  for (const key of derivedKeys(keys, purpose))
    if (timingSafeEqual(signatureOf(key, payload), signature)) return payload;
  return undefined;
};

/** Token of a message: `index` (0 to 65535) is the number of the link for `click`. `messageId` is a uuid. */
export const messageToken = (keys: readonly string[], purpose: Purpose, messageId: string, index?: number): string => {
  const id = Buffer.from(messageId.replaceAll("-", ""), "hex");
  if (id.length !== idBytes) throw new Error(`A message token needs a uuid, found "${messageId}"`);
  if (index === undefined) return signToken(keys, purpose, id);
  const payload = Buffer.allocUnsafe(idBytes + 2);
  id.copy(payload);
  payload.writeUInt16BE(index, idBytes);
  return signToken(keys, purpose, payload);
};

/** Message (uuid) and link number (0 when none was given) of a token, or undefined when it is not one of this purpose. */
export const readMessageToken = (
  keys: readonly string[],
  purpose: Purpose,
  token: string,
): { messageId: string; index: number } | undefined => {
  const payload = openToken(keys, purpose, token);
  if (payload?.length !== idBytes && payload?.length !== idBytes + 2) return undefined;
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.length);
  const hex = bytes.toString("hex", 0, idBytes);
  const messageId = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  return { messageId, index: bytes.length > idBytes ? bytes.readUInt16BE(idBytes) : 0 };
};
