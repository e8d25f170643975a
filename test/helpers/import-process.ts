// Runs one import in a process of its own, so that a test can kill it: `node import-process.ts <database url> <import id>`.
import { ServiceBroker } from "moleculer";
import { runImport } from "../../services/contacts/imports/run-import.ts";
import type { Deps } from "../../shared/broker/deps.ts";
import { connectPostgres } from "../../shared/db/knex.ts";
import { systemClock } from "../../shared/lib/clock.ts";
import { makeId } from "../../shared/lib/ids.ts";
import { jobRun } from "./import-runs.ts";

const [, , url = "", importId = ""] = process.argv;
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
await runImport({ importId }, jobRun(deps));
await deps.db.destroy();
