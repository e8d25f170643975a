// The token in a mailed link: signed for its purpose, so that a made-up one costs no look-up, and with a secret of which
// only the hash is stored, so that nobody can make one from what is in the database.
import { randomBytes } from "node:crypto";
import { openToken, signToken } from "../../shared/lib/tokens.ts";
import { hashSecret } from "../auth/token-text.ts";

export type LinkPurpose = "invite" | "password";

const idBytes = 16;
const secretBytes = 16;

export interface LinkToken {
  readonly id: string;
  readonly secretHash: Buffer;
}

/** A new token for the invite or link with this id (uuid), and the hash to store. */
export const makeLinkToken = (
  keys: readonly string[],
  purpose: LinkPurpose,
  id: string,
): { token: string; secretHash: Buffer } => {
  const secret = randomBytes(secretBytes);
  const token = signToken(keys, `link:${purpose}`, Buffer.concat([Buffer.from(id.replaceAll("-", ""), "hex"), secret]));
  return { token, secretHash: hashSecret(secret.toString("hex")) };
};

/** Id and hash of a token of this purpose, or undefined when it is none of ours. */
export const readLinkToken = (keys: readonly string[], purpose: LinkPurpose, token: string): LinkToken | undefined => {
  const payload = openToken(keys, `link:${purpose}`, token);
  if (payload?.length !== idBytes + secretBytes) return undefined;
  const hex = Buffer.from(payload).toString("hex");
  const id = hex.slice(0, 2 * idBytes);
  return {
    id: `${id.slice(0, 8)}-${id.slice(8, 12)}-${id.slice(12, 16)}-${id.slice(16, 20)}-${id.slice(20)}`,
    secretHash: hashSecret(hex.slice(2 * idBytes)),
  };
};
