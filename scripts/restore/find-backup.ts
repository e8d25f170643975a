// Finds the backup that is meant: the newest, one by its name, or a file that lies anywhere.
import { existsSync, statSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import type { Readable } from "node:stream";
import { BackupError } from "../../shared/backup/backup-error.ts";
import { diskStore } from "../../shared/backup/disk.ts";
import type { BackupStore } from "../../shared/backup/stored.ts";

export interface Found {
  readonly name: string;
  /** Where it lies, for people. */
  readonly place: string;
  open(): Promise<Readable>;
}

const inStore = (store: BackupStore, name: string): Found => ({
  name,
  place: store.place,
  open: () => store.open(name),
});

/** `from`: `latest`, a name of the list, or the path of a file. Throws BackupError when there is no such backup. */
export const findBackup = async (from: string, openStore: () => Promise<BackupStore>): Promise<Found> => {
  if (from !== "latest" && existsSync(from) && statSync(from).isFile()) {
    const path = resolve(from);
    return inStore(diskStore(dirname(path)), basename(path));
  }
  const store = await openStore();
  const cards = await store.list();
  const wanted = from === "latest" ? cards[0] : cards.find(({ name }) => name === from || name === `${from}.age`);
  if (wanted) return inStore(store, wanted.name);
  throw new BackupError(
    cards.length === 0
      ? `There is no backup in ${store.place}${from === "latest" ? "" : `, and no file ${from}`}.`
      : `There is no file ${from}, and no backup of this name in ${store.place}. npm run restore -- --list shows them.`,
  );
};
