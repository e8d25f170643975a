// Passwords: argon2id at OWASP's parameters, at most four at a time, and the same time for people who do not exist.
import { randomInt } from "node:crypto";
import { hash, hashRaw, verify } from "@node-rs/argon2";
import { fail } from "../../shared/contracts/errors.ts";
import { isCommonPassword } from "./common-passwords.ts";
import { createTurns } from "./turns.ts";

/** Lengths in characters. */
export const passwordLength = { min: 10, max: 128 } as const;

const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;
/** Of a password nobody knows: verified when there is no such person, so that the answer takes as long. */
export const decoy =
  "$argon2id$v=19$m=19456,t=2,p=1$i2EG7fz/f8Ufs+i88XD62A$VjN8ZAqSrkEQ+jMgEInmXbRvEVErkm1raqjXiDTHwvw";

/** Each hash takes 19 MiB: more than four at a time would let a burst of sign-ins eat the memory and the cores. */
const inTurn = createTurns(4, 100, "Too many people sign in at this moment. Try again.");

/**
 * Throws VALIDATION_FAILED unless somebody may choose this password: 10 to 128 characters, none that everybody tries
 * first, and not their own email.
 */
export const demandGoodPassword = (password: string, email?: string): void => {
  const refuse = (message: string) =>
    fail("VALIDATION_FAILED", `The password ${message}`, { errors: [{ path: "password", message }] });
  if (password.length < passwordLength.min || password.length > passwordLength.max)
    throw refuse(`has ${password.length} characters, expected ${passwordLength.min} to ${passwordLength.max}`);
  if (isCommonPassword(password))
    throw refuse(
      "is one that is tried first when somebody guesses; several words that do not belong together are better",
    );
  if (email === undefined) return;
  const [local = ""] = email.toLowerCase().split("@");
  const letters = password.toLowerCase().replace(/[^\p{L}]/gu, "");
  if (password.toLowerCase().includes(email.toLowerCase()) || letters === local.replace(/[^\p{L}]/gu, ""))
    throw refuse("is made from the email; choose something that is not");
};

/** The hash to store. Throws VALIDATION_FAILED unless the password has 10 to 128 characters. */
export const hashPassword = (password: string): Promise<string> => {
  if (password.length < passwordLength.min || password.length > passwordLength.max) {
    const message = `has ${password.length} characters, expected ${passwordLength.min} to ${passwordLength.max}`;
    throw fail("VALIDATION_FAILED", `The password ${message}`, { errors: [{ path: "password", message }] });
  }
  return inTurn(() => hash(password, cost));
};

/** True when the password fits. Takes the same time when `stored` is missing. */
export const passwordFits = (stored: string | null | undefined, password: string): Promise<boolean> =>
  inTurn(async () => {
    // Longer ones are never stored; hashing megabytes would only burn time.
    const fits = await verify(stored ?? decoy, password.slice(0, passwordLength.max + 1));
    return fits && stored !== null && stored !== undefined && password.length <= passwordLength.max;
  });

/** True when the hash was made with weaker parameters than today's: due to be made anew with the next right password. */
export const isOutdated = (stored: string): boolean => {
  const [, memory, time, lanes] = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$/.exec(stored) ?? [];
  return (
    Number(memory ?? 0) < cost.memoryCost || Number(time ?? 0) < cost.timeCost || Number(lanes ?? 0) < cost.parallelism
  );
};

/** A hash as costly as a password's, always the same under one salt (at least 8 bytes): for short secrets of many choices. */
export const slowHash = (text: string, salt: Buffer): Promise<Buffer> => inTurn(() => hashRaw(text, { ...cost, salt }));

const alphabet = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/** A random password of 20 characters in groups of five; no look-alikes such as 0 and O. About 116 bits. */
export const generatePassword = (): string =>
  Array.from({ length: 4 }, () => Array.from({ length: 5 }, () => alphabet[randomInt(alphabet.length)]).join("")).join(
    "-",
  );
