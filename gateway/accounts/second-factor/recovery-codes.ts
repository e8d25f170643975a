// Recovery codes: for whoever has lost the device. Ten, shown once, each good for one sign-in. They are short enough to be
// written down, so they are hashed like passwords, under one salt per set: one hash finds a code among them.
import { randomBytes, randomInt } from "node:crypto";
import { slowHash } from "../passwords.ts";

const count = 10;
/** No look-alikes such as 0 and o, 1 and l. Ten of them are about 49 bits. */
const alphabet = "abcdefghjkmnpqrstuvwxyz23456789";
const length = 10;

export interface RecoveryCodes {
  /** As they are shown: `abcde-fghjk`. */
  readonly codes: readonly string[];
  readonly salt: Buffer;
  readonly hashes: readonly Buffer[];
}

const plainOf = (code: string): string => code.toLowerCase().replace(/[^a-z0-9]/g, "");

/** The hash of a code, however it was typed; undefined for what cannot be one. */
export const hashRecoveryCode = async (code: string, salt: Buffer): Promise<Buffer | undefined> => {
  const plain = plainOf(code);
  return plain.length === length ? slowHash(plain, salt) : undefined;
};

/** A new set. */
export const makeRecoveryCodes = async (): Promise<RecoveryCodes> => {
  const codes = new Set<string>();
  while (codes.size < count)
    codes.add(
      Array.from({ length }, () => alphabet[randomInt(alphabet.length)])
        .join("")
        .replace(/^.{5}/, "$&-"),
    );
  const salt = randomBytes(16);
  const hashes = await Promise.all([...codes].map((code) => slowHash(plainOf(code), salt)));
  return { codes: [...codes], salt, hashes };
};
