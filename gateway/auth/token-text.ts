// The text of an access token: `lc_<id>_<secret><checksum>`. The prefix lets secret scanners find leaked ones, the
// checksum tells a typing error without asking the database; only SHA-256 of the secret is ever stored.
import { hash, randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";

const shape = /^lc_([0-9a-f]{32})_([0-9a-f]{40})([0-9a-f]{8})$/;

const checksumOf = (body: string): string => crc32(body).toString(16).padStart(8, "0");

/** SHA-256 of a secret. A plain hash does: the secret has 160 random bits, so there is nothing to guess. */
export const hashSecret = (secret: string): Buffer => hash("sha256", secret, "buffer");

/** A new token for the id (uuid): its text, to be shown once, and the hash to store. */
export const makeTokenText = (id: string): { text: string; secretHash: Buffer } => {
  const secret = randomBytes(20).toString("hex");
  const body = `lc_${id.replaceAll("-", "")}_${secret}`;
  return { text: body + checksumOf(body), secretHash: hashSecret(secret) };
};

/** Id (uuid) and secret of a token's text, or undefined when it cannot be one of ours. */
export const readTokenText = (text: string): { id: string; secret: string } | undefined => {
  const [, hex, secret, checksum] = shape.exec(text) ?? [];
  if (!hex || !secret || checksumOf(`lc_${hex}_${secret}`) !== checksum) return undefined;
  return {
    id: `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`,
    secret,
  };
};
