// Encryption of backups in the age format (age-encryption.org/v1), with keys made of LC_SECRET_KEYS: the first one
// encrypts, every one decrypts. The key's text is what the program `age` takes, so a backup can be read without us.
import { Readable } from "node:stream";
import type { ReadableStream as NodeReadableStream } from "node:stream/web";
import { Decrypter, Encrypter, identityToRecipient } from "age-encryption";
import { bech32 } from "../lib/bech32.ts";
import { wordsOf } from "../lib/connection-trouble.ts";
import { derivedKeys } from "../lib/derived-keys.ts";
import { BackupError } from "./backup-error.ts";

/** The keys of backups, one per secret key and in their order, as `AGE-SECRET-KEY-1…`. Secret. */
export const backupIdentities = (ring: readonly string[]): readonly string[] =>
  derivedKeys(ring, "backup").map((key) => bech32("age-secret-key-", key).toUpperCase());

// Node's and the browser's types of the same streams differ in what the other cannot see: a border.
const toWeb = (stream: Readable) => Readable.toWeb(stream) as unknown as ReadableStream<Uint8Array>;
const fromWeb = (stream: ReadableStream<Uint8Array>) =>
  Readable.fromWeb(stream as unknown as NodeReadableStream<Uint8Array>);

/** The encrypted stream of `plain`. Throws when there is no key. */
export const seal = async (plain: Readable, ring: readonly string[]): Promise<Readable> => {
  const [identity] = backupIdentities(ring);
  if (!identity) throw new BackupError("There is no key to encrypt a backup with: set LC_SECRET_KEYS.");
  const encrypter = new Encrypter();
  encrypter.addRecipient(await identityToRecipient(identity));
  return fromWeb(await encrypter.encrypt(toWeb(plain)));
};

/** The decrypted stream. Throws BackupError for a file that is none, is cut in its header, or is under another key. */
export const unseal = async (sealed: Readable, ring: readonly string[]): Promise<Readable> => {
  const decrypter = new Decrypter();
  for (const identity of backupIdentities(ring)) decrypter.addIdentity(identity);
  try {
    return fromWeb(await decrypter.decrypt(toWeb(sealed)));
  } catch (error) {
    sealed.destroy();
    const words = wordsOf(error);
    if (/no identity matched/i.test(words))
      throw new BackupError(
        "The backup is under another key: none of LC_SECRET_KEYS opens it. Put the key that was in use when it was made into LC_SECRET_KEYS, after the ones of today (of a local system it is in the file secret-keys of its data folder).",
      );
    if (error instanceof BackupError) throw error;
    if (/header|version|stanza|MAC|nonce|EOF|end of|empty|invalid|malformed/i.test(words))
      throw new BackupError(
        `This is not a whole backup of this platform: its beginning cannot be read as an age file (${words}). It may be another file, or cut short.`,
      );
    throw error;
  }
};
