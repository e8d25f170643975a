// Runs one import, or undoes it, in a process of its own, so that a test can kill it:
// `node import-process.ts <database url> <import id> [undo]`.
import { ServiceBroker } from "moleculer";
import { runImport } from "../../services/contacts/imports/run-import.ts";
import { runUndo } from "../../services/contacts/imports/undo/run-undo.ts";
import type { Deps } from "../../shared/broker/deps.ts";
import { connectPostgres } from "../../shared/db/knex.ts";
import { systemClock } from "../../shared/lib/clock.ts";
import { makeId } from "../../shared/lib/ids.ts";
import { jobRun } from "./import-runs.ts";

const [, , url = "", importId = "", act] = process.argv;
const broker = new ServiceBroker({ logger: false });
// An import needs no Redis.
const deps = {
  db: connectPostgres(url, 3),
  clock: systemClock,
  id: makeId,
  log: broker.logger,
  broker,
  node: "import-process",
} as unknown as Deps;
await (act === "undo" ? runUndo : runImport)({ importId }, jobRun(deps));
await deps.db.destroy();
