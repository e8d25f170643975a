// A process that takes one backup into a folder, for tests that kill it in the middle.
import { diskStore } from "../../shared/backup/disk.ts";
import { takeBackup } from "../../shared/backup/run-backup.ts";
import type { Deps } from "../../shared/broker/deps.ts";
import { connectPostgres } from "../../shared/db/knex.ts";
import { systemClock } from "../../shared/lib/clock.ts";
import { makeId } from "../../shared/lib/ids.ts";

const [url = "", folder = "", key = ""] = process.argv.slice(2);
const db = connectPostgres(url, 2);
// Taking a backup needs nothing but these of what a job has.
const deps = { db, clock: systemClock } as Deps;
const signal = new AbortController().signal;
await takeBackup({ deps, signal, progress: () => undefined }, diskStore(folder), [key], makeId());
process.send?.("done");
await db.destroy();
