// The embedded Postgres: PGlite (PostgreSQL 18 with pgvector, in this process) behind a loopback port that `pg` pools
// connect to. Ends cleanly on SIGTERM, and by itself once its supervisor is gone and the apps have finished.
// Usage: node scripts/embedded-postgres.ts <database folder> <port> [data folder of the notes about the apps]
import { mkdirSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { PGlite } from "@electric-sql/pglite";
import { citext } from "@electric-sql/pglite/contrib/citext";
import { pg_trgm } from "@electric-sql/pglite/contrib/pg_trgm";
import { unaccent } from "@electric-sql/pglite/contrib/unaccent";
import { vector } from "@electric-sql/pglite-pgvector";
import { servePglite } from "./start/pglite-server.ts";
import { livingNotes } from "./start/run-files.ts";

const orphanGraceMs = 25_000;

const [folder, port, notes] = process.argv.slice(2);
if (!folder || !port)
  throw new Error("Usage: node scripts/embedded-postgres.ts <database folder> <port> [data folder]");

mkdirSync(folder, { recursive: true });
const db = await PGlite.create({ dataDir: folder, extensions: { citext, pg_trgm, unaccent, vector } });
const server = await servePglite(db, Number(port));

let ending = false;
const end = async () => {
  if (ending) return;
  ending = true;
  await server.stop();
  await db.close();
  process.exit(0);
};

/** The supervisor is gone: stay until the apps have written what they had in hand, at most for the grace. */
const endAlone = async () => {
  const deadline = performance.now() + orphanGraceMs;
  const busy = () => notes !== undefined && livingNotes(notes).some((note) => note.role === "app");
  while (busy() && performance.now() < deadline) await delay(100);
  await end();
};

process.on("SIGTERM", () => void end());
process.on("SIGINT", () => void end());
process.stdin.on("error", () => {});
process.stdin.on("close", () => void endAlone());
process.stdin.resume();

process.stdout.write(`listening on 127.0.0.1:${port}, data in ${folder}\n`);
