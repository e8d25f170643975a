// One backup from beginning to end: written, listed, and the old ones removed that are no longer kept. A run that fails
// or is killed leaves nothing that is listed; the next one starts anew.
import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import type { Keep } from "../backup-variables.ts";
import { isConnectionLost } from "../db/knex.ts";
import { type JobRun, RetryLater, Unrecoverable } from "../jobs/define.ts";
import { wordsOf } from "../lib/connection-trouble.ts";
import { formatVersion, type Header, type Manifest } from "./archive.ts";
import { BackupError } from "./backup-error.ts";
import { type BackupSettings, openStore, placeOf } from "./configured.ts";
import { expired } from "./retention.ts";
import { beginRun, completeRun, dropRun, failRun, reconcile } from "./runs.ts";
import { archiveName, type BackupStore, type Card } from "./stored.ts";
import { writeArchive } from "./write-archive.ts";

export interface BackupOptions extends BackupSettings {
  readonly ring: readonly string[];
  readonly keep: Keep;
}

const megabytes = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MB`;

interface Sealed {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** Passes the stream on to the store and counts and hashes it on its way. */
const storeCounted = async (
  store: BackupStore,
  name: string,
  sealed: Readable,
  signal: AbortSignal,
): Promise<Sealed> => {
  const sum = createHash("sha256");
  let bytes = 0;
  const counted = sealed.map((chunk: Uint8Array) => {
    bytes += chunk.length;
    sum.update(chunk);
    return chunk;
  });
  counted.on("error", () => undefined);
  await store.put(name, counted, signal);
  return { name, bytes, sha256: sum.digest("hex") };
};

const cardOf = (sealed: Sealed, header: Header, manifest: Manifest, finishedAt: Date): Card => ({
  ...sealed,
  takenAt: header.takenAt,
  finishedAt: finishedAt.toISOString(),
  rows: manifest.rows,
  tables: header.tables.length,
  format: formatVersion,
  schema: header.migrations.at(-1) ?? "",
  platform: header.platform,
});

/** Takes a backup into `store`, under `id`. Answers what stands beside it. Throws as the store or Postgres does. */
export const takeBackup = async (
  { deps, signal, progress }: Pick<JobRun, "deps" | "signal" | "progress">,
  store: BackupStore,
  ring: readonly string[],
  id: string,
): Promise<Card> => {
  let sealed: Sealed | undefined;
  const { header, manifest } = await writeArchive(
    deps.db,
    { ring, signal, progress: (share) => progress(share * 0.95) },
    async (begun, stream, ending) => {
      sealed = await storeCounted(store, archiveName(begun.takenAt, id), stream, ending);
    },
  );
  if (!sealed) throw new Error("the backup was written nowhere");
  const card = cardOf(sealed, header, manifest, deps.clock.now());
  signal.throwIfAborted();
  await store.putCard(card);
  return card;
};

/** Removes what is no longer kept and what killed runs left, and brings the list in line with what is there. */
const tidyUp = async ({ deps, log }: JobRun, store: BackupStore, keep: Keep): Promise<void> => {
  const found = await store.list();
  const gone = expired(found, keep);
  for (const { name } of gone) await store.remove(name);
  const names = new Set(gone.map(({ name }) => name));
  await reconcile(
    deps.db,
    store.place,
    found.filter(({ name }) => !names.has(name)),
    [...names],
  );
  const leftOver = await store.tidy(deps.clock.now());
  if (gone.length > 0) log(`${gone.length} older backups are no longer kept`);
  if (leftOver > 0) log(`${leftOver} halves of killed runs were removed`);
};

/** Job backup.run. Fails at once where trying again cannot help, with a sentence that says what to do. */
export const runBackup = async (run: JobRun, options: BackupOptions): Promise<void> => {
  const { deps, log } = run;
  const id = deps.id();
  let store: BackupStore | undefined;
  await beginRun(deps.db, { id, jobId: run.id, place: placeOf(options)?.place ?? "" });
  try {
    store = await openStore(options);
    const card = await takeBackup(run, store, options.ring, id);
    await completeRun(deps.db, id, card);
    log(`${card.rows} rows in ${megabytes(card.bytes)}: ${card.name} in ${store.place}`);
    run.progress(1);
    await tidyUp(run, store, options.keep);
  } catch (error) {
    if (error instanceof RetryLater) {
      await dropRun(deps.db, id);
      throw error;
    }
    // Its own row is settled by the next run when Postgres is what is away.
    await failRun(deps.db, id, run.signal.aborted ? wordsOf(run.signal.reason) : wordsOf(error)).catch(
      (late: unknown) => {
        if (!isConnectionLost(late)) throw late;
      },
    );
    if (error instanceof BackupError && !error.mayHeal) throw new Unrecoverable(error.message);
    throw error;
  } finally {
    store?.close();
  }
};
