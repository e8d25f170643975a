// Backups in a folder. A file is written under another name, brought to the disk, and renamed: it is there whole or not.
import { createReadStream, createWriteStream } from "node:fs";
import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { wordsOf } from "../lib/connection-trouble.ts";
import { BackupError } from "./backup-error.ts";
import { type BackupStore, byAge, cardName, isArchiveName, leftOverMs, readCard } from "./stored.ts";

const codeOf = (error: unknown) => (error as { code?: string } | null)?.code;
const isGone = (error: unknown) => codeOf(error) === "ENOENT";

const inWords = (folder: string, error: unknown): unknown => {
  const code = codeOf(error);
  if (code === "ENOSPC" || code === "EDQUOT")
    return new BackupError(
      `There is no room for the backup in ${folder}. Make room, or set LC_BACKUP_DIR to another disk.`,
      true,
    );
  if (code === "EACCES" || code === "EROFS" || code === "EPERM" || code === "ENOTDIR")
    return new BackupError(
      `The backup cannot be written to ${folder}: ${wordsOf(error)}. Set LC_BACKUP_DIR to a folder that may be written to.`,
    );
  return error;
};

/** Brings what was written to the disk, and with it the name of a file. */
const sync = async (path: string): Promise<void> => {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

/** Backups in `folder`, which is made when it is needed and readable by this user only. */
export const diskStore = (folder: string): BackupStore => {
  const at = (name: string) => join(folder, name);
  const half = (name: string) => at(`.${name}.half`);
  const finish = async (name: string) => {
    await sync(half(name));
    await rename(half(name), at(name));
    await sync(folder);
  };
  const names = async (): Promise<string[]> => {
    try {
      return await readdir(folder);
    } catch (error) {
      if (isGone(error)) return [];
      throw inWords(folder, error);
    }
  };
  return {
    kind: "disk",
    place: folder,
    async put(name, sealed, signal) {
      try {
        await mkdir(folder, { recursive: true, mode: 0o700 });
        await pipeline(sealed, createWriteStream(half(name), { mode: 0o600 }), { signal });
        await finish(name);
      } catch (error) {
        await rm(half(name), { force: true });
        throw inWords(folder, error);
      }
    },
    async putCard(card) {
      const name = cardName(card.name);
      await writeFile(half(name), JSON.stringify(card), { mode: 0o600 });
      await finish(name);
    },
    async list() {
      const found = new Set(await names());
      const whole = [...found].filter((name) => isArchiveName(name) && found.has(cardName(name)));
      const cards = whole.map(async (name) => {
        const card = readCard(await readFile(at(cardName(name)), "utf8"), name);
        return card && (await stat(at(name))).size === card.bytes ? card : undefined;
      });
      return byAge(await Promise.all(cards));
    },
    async open(name) {
      const stream = createReadStream(at(name));
      await new Promise<void>((ready, refuse) => {
        stream.once("open", () => ready()).once("error", refuse);
      }).catch((error: unknown) => {
        throw isGone(error) ? new BackupError(`There is no backup ${name} in ${folder}.`) : inWords(folder, error);
      });
      return stream;
    },
    async remove(name) {
      await rm(at(cardName(name)), { force: true });
      await rm(at(name), { force: true });
    },
    async tidy(now) {
      const found = await names();
      const listed = new Set(found);
      const stale = found.filter(
        (name) => /^\.lc-backup-.*\.half$/.test(name) || (isArchiveName(name) && !listed.has(cardName(name))),
      );
      let removed = 0;
      for (const name of stale) {
        const { mtimeMs } = await stat(at(name));
        if (now.getTime() - mtimeMs < leftOverMs) continue;
        await rm(at(name), { force: true });
        removed += 1;
      }
      return removed;
    },
    close: () => undefined,
  };
};
