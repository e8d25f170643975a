// The database to restore into: the one of DATABASE_URL, or the embedded one of the data folder, which is started for it.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join, resolve } from "node:path";
import { BackupError } from "../../shared/backup/backup-error.ts";
import { config, environmentWith } from "../../shared/config.ts";
import { connectPostgres, type Db } from "../../shared/db/knex.ts";
import { freePort } from "../start/ports.ts";
import { embeddedUrl, postgresAnswers } from "../start/postgres.ts";
import { livingNotes } from "../start/run-files.ts";

/** The name under which Postgres knows the connections of this command. */
export const ownName = "lc:restore";

export interface OpenDatabase {
  readonly db: Db;
  /** For people, without the password. */
  readonly place: string;
  close(): Promise<void>;
}

const startEmbedded = async (): Promise<{ url: string; stop: () => Promise<void> }> => {
  if (livingNotes(config.dataDir).some(({ role }) => role !== "watch"))
    throw new BackupError(
      `The platform runs on ${config.dataDir}. Stop it first (Ctrl-C where npm start runs): it would go on with what it knows from before.`,
    );
  const port = await freePort();
  const script = resolve(import.meta.dirname, "../embedded-postgres.ts");
  const child = spawn(process.execPath, [script, join(config.dataDir, "postgres"), String(port)], {
    env: environmentWith({ LC_DATA_DIR: config.dataDir }),
    stdio: ["pipe", "ignore", "inherit"],
  });
  const exited = once(child, "exit");
  const stop = async () => {
    child.kill("SIGTERM");
    await exited;
  };
  try {
    await postgresAnswers(embeddedUrl(port), 120_000);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: embeddedUrl(port), stop };
};

/** Opens it; `close` it when done. Throws a sentence when it cannot be had. */
export const openDatabase = async (): Promise<OpenDatabase> => {
  const embedded = config.databaseUrl ? undefined : await startEmbedded();
  const url = new URL(config.databaseUrl ?? embedded?.url ?? "");
  const db = connectPostgres(url.href, 2, ownName);
  return {
    db,
    place: embedded ? `the embedded Postgres in ${join(config.dataDir, "postgres")}` : `${url.host}${url.pathname}`,
    close: async () => {
      await db.destroy();
      await embedded?.stop();
    },
  };
};
