// The acts of `npm run restore`, each printing what it found and did. Answers the exit code.
import { createInterface } from "node:readline/promises";
import { ledgerOf, type Manifest } from "../../shared/backup/archive.ts";
import { BackupError } from "../../shared/backup/backup-error.ts";
import { openStore } from "../../shared/backup/configured.ts";
import { readArchive } from "../../shared/backup/read-archive.ts";
import { type RestoreResult, restoreBackup } from "../../shared/backup/restore-backup.ts";
import { reconcile } from "../../shared/backup/runs.ts";
import { backupIdentities } from "../../shared/backup/seal.ts";
import type { BackupStore, Card } from "../../shared/backup/stored.ts";
import { examineTarget } from "../../shared/backup/target.ts";
import { config } from "../../shared/config.ts";
import { openDatabase, ownName } from "./database.ts";
import { findBackup } from "./find-backup.ts";
import { type RestoreCommand, readOptions, usage } from "./options.ts";

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const count = (value: number, noun: string): string => `${value.toLocaleString("en")} ${noun}${value === 1 ? "" : "s"}`;
const size = (bytes: number): string =>
  bytes < 1024 * 1024 ? `${Math.ceil(bytes / 1024)} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;

const settings = {
  production: config.production,
  dataDir: config.dataDir,
  s3Url: config.backup.s3Url,
  backupDir: config.backup.backupDir,
};

const lineOf = ({ name, takenAt, bytes, rows, platform }: Card): string =>
  [
    takenAt.slice(0, 16).replace("T", " "),
    size(bytes).padStart(10),
    count(rows, "row").padStart(16),
    `  ${name}`,
    `  version ${platform}`,
  ].join("");

const list = async (store: BackupStore): Promise<void> => {
  const cards = await store.list();
  say(cards.length === 0 ? `There is no backup in ${store.place}.` : `In ${store.place}, newest first (times in UTC):`);
  for (const card of cards) say(lineOf(card));
};

const verify = async (command: RestoreCommand): Promise<void> => {
  const found = await findBackup(command.from, () => openStore(settings));
  say(`Reading ${found.name} in ${found.place} …`);
  let manifest: Manifest | undefined;
  for await (const part of readArchive(await found.open(), config.secretKeys)) {
    if (part.kind === "header")
      say(
        `Taken ${part.header.takenAt} by version ${part.header.platform}, Postgres ${part.header.postgres}, schema ${part.header.migrations.at(-1)}.`,
      );
    if (part.kind === "manifest") manifest = part.manifest;
  }
  if (!manifest) throw new BackupError("The backup ended too early.");
  for (const [name, { rows }] of Object.entries(manifest.tables))
    if (rows > 0) say(`${String(rows).padStart(10)}  ${name}`);
  say(
    `It is whole: ${count(manifest.rows, "row")}, each as it was. Hash of the ledger: ${ledgerOf(manifest) ?? "none"}`,
  );
};

const agreed = async (question: string): Promise<boolean> => {
  if (!process.stdin.isTTY) throw new BackupError(`${question}\nAdd --yes to do it without being asked.`);
  const reader = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^y(es)?$/i.test((await reader.question(`${question} Type yes: `)).trim());
  } finally {
    reader.close();
  }
};

const report = (
  { manifest, header, migrated, heldCampaigns, heldMessages, unknownMessages }: RestoreResult,
  resume: boolean,
): void => {
  say(
    `Restored ${count(manifest.rows, "row")}; every table is as the backup says. Hash of the ledger: ${ledgerOf(manifest) ?? "none"}`,
  );
  if (migrated.length > 0) say(`Brought up to date: ${migrated.join(", ")}.`);
  if (heldCampaigns > 0)
    say(
      `${count(heldCampaigns, "campaign")}${heldMessages > 0 ? ` with ${count(heldMessages, "waiting message")}` : ""} held: they may have gone on after the backup. Look at each, then resume or cancel it.`,
    );
  if (unknownMessages > 0)
    say(`${count(unknownMessages, "message")} may have been sent and wait for your decision, under Messages.`);
  if (resume) say("Campaigns go on where they were, as you asked.");
  say(
    `What happened after ${header.takenAt} is not in it: people who unsubscribed or bounced since, campaigns launched since (they are drafts now), contacts and imports since.`,
  );
  say("Start the platform now. Everybody signs in again if Redis was lost too.");
};

/** Fills the list of Settings → Backups, which no backup holds. The restore stands already, so this may only be told. */
const listBackups = async (db: Parameters<typeof reconcile>[0]): Promise<void> => {
  let store: BackupStore | undefined;
  try {
    store = await openStore(settings);
    await reconcile(db, store.place, await store.list(), []);
  } catch (error) {
    if (!(error instanceof BackupError)) throw error;
    say(`Settings → Backups lists what there is only after the next backup: ${error.message}`);
  } finally {
    store?.close();
  }
};

const restore = async (command: RestoreCommand): Promise<number> => {
  const found = await findBackup(command.from, () => openStore(settings));
  const database = await openDatabase();
  try {
    const target = await examineTarget(database.db, ownName);
    if (target.connected.length > 0)
      throw new BackupError(
        `${count(target.connected.length, "process")} of the platform connected to ${database.place}: ${target.connected.join(", ")}. Stop them first: they would go on with what they know from before.`.replace(
          "processs",
          "processes",
        ),
      );
    if (command.replace !== undefined && command.replace !== target.database)
      throw new BackupError(
        `Found --replace ${command.replace}; the database is called ${target.database}. Nothing was changed.`,
      );
    if (target.found.length > 0 && command.replace === undefined)
      throw new BackupError(
        `The system is not empty: ${database.place} holds ${target.found.join(", ")}. Restore into an empty database, or wipe this one: --replace ${target.database}`,
      );
    const lost = target.found.length > 0 ? ` What is there goes: ${target.found.join(", ")}.` : "";
    if (!command.yes && !(await agreed(`Restore ${found.name} into ${database.place}?${lost}`))) {
      say("Nothing was changed.");
      return 1;
    }
    say(`Restoring ${found.name} from ${found.place} into ${database.place}`);
    const result = await restoreBackup(database.db, await found.open(), {
      ring: config.secretKeys,
      name: found.name,
      resume: command.resume,
      say: (words) => say(`  ${words}`),
    });
    await listBackups(database.db);
    report(result, command.resume);
    return 0;
  } finally {
    await database.close();
  }
};

/** Does what the command line asks for. Throws BackupError with a sentence. */
export const restoreCommand = async (args: readonly string[]): Promise<number> => {
  const command = readOptions(args);
  if (command.act === "restore") return restore(command);
  if (command.act === "help") say(usage.trimEnd());
  else if (command.act === "key") for (const identity of backupIdentities(config.secretKeys)) say(identity);
  else if (command.act === "verify") await verify(command);
  else await list(await openStore(settings));
  return 0;
};
