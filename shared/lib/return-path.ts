// Coded return paths (VERP): every mail has an envelope sender of its own, `bounces+<token>@example.org`, so that a
// report that comes back names its message, and only somebody who had that mail can write one.
// The token is signed, in digits and small letters only, because mail servers may change the case of a local part.
import { messageToken, readMessageToken } from "./tokens.ts";

const purpose = "return-path";
const radix = 32;
const tokenBytes = 28;
/** 28 bytes in base 32. */
const tokenLength = 45;
/** RFC 5321, 4.5.3.1.1. */
const longestLocal = 64;

/** Characters that the part before @ of a bounce address may have: with `+` and the token it must fit into 64. */
export const longestBounceLocal = longestLocal - 1 - tokenLength;

/** The envelope sender of one message. `bounceAddress`: where reports go; `messageId`: a uuid. */
export const returnPath = (keys: readonly string[], bounceAddress: string, messageId: string): string => {
  const at = bounceAddress.lastIndexOf("@");
  const bytes = Buffer.from(messageToken(keys, purpose, messageId), "base64url");
  const token = BigInt(`0x${bytes.toString("hex")}`)
    .toString(radix)
    .padStart(tokenLength, "0");
  return `${bounceAddress.slice(0, at)}+${token}${bounceAddress.slice(at)}`;
};

const coded = new RegExp(`\\+([0-9a-v]{${tokenLength}})@`, "gi");

const decode = (token: string): string | undefined => {
  let value = 0n;
  for (const digit of token.toLowerCase()) value = value * BigInt(radix) + BigInt(Number.parseInt(digit, radix));
  const hex = value.toString(16).padStart(tokenBytes * 2, "0");
  return hex.length === tokenBytes * 2 ? Buffer.from(hex, "hex").toString("base64url") : undefined;
};

/** The message whose return path of ours stands in the text, or undefined when none does or it is forged. */
export const messageOfReturnPath = (keys: readonly string[], text: string): string | undefined => {
  for (const [, token = ""] of text.matchAll(coded)) {
    const signed = decode(token);
    const named = signed === undefined ? undefined : readMessageToken(keys, purpose, signed);
    if (named) return named.messageId;
  }
  return undefined;
};
