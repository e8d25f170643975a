// Batches of an import do not wait for the disk: a Postgres that crashes may forget the last of them, but then their
// contacts and the progress together, so that the import goes on from what is really there.
import { ServiceBroker } from "moleculer";
import { expect, test } from "vitest";
import { getImport } from "../../services/contacts/imports/get-import.ts";
import { runImport } from "../../services/contacts/imports/run-import.ts";
import type { Deps } from "../../shared/broker/deps.ts";
import { connectPostgres } from "../../shared/db/knex.ts";
import { migrate } from "../../shared/db/migrate.ts";
import { systemClock } from "../../shared/lib/clock.ts";
import { makeId } from "../../shared/lib/ids.ts";
import { jobRun, upload } from "../helpers/import-runs.ts";
import { hasRealPostgres, startPostgres } from "../helpers/infrastructure.ts";

const PEOPLE = 25_000;
const list = `Email,Name\n${Array.from({ length: PEOPLE }, (_, i) => `person${i}@crash.example,Name${i}`).join("\n")}\n`;

test.skipIf(!hasRealPostgres())(
  "a Postgres that crashes in the middle of an import loses no row and takes none twice",
  async () => {
    const postgres = await startPostgres();
    const broker = new ServiceBroker({ logger: false });
    const db = connectPostgres(postgres.url, 4);
    const deps = { db, clock: systemClock, id: makeId, log: broker.logger, broker, node: "test" } as unknown as Deps;
    try {
      await migrate(db);
      const id = await upload(deps, list, {
        mapping: { Email: "email", Name: "firstName" },
        options: { consent: { channels: ["email"], basis: "form", source: "test" } },
      });
      const first = runImport({ importId: id }, jobRun(deps)).then(
        () => "done",
        () => "broken",
      );
      for (const end = Date.now() + 60_000; (await getImport(deps, { id })).total === 0; )
        if (Date.now() > end) throw new Error("the import made no progress within 60 s");
      await postgres.restart("kill9");
      expect(await first).toBe("broken");
      const between = await getImport(deps, { id });
      const there = async () => Number((await db("contacts.contacts").count("* as n").first())?.["n"]);
      expect([between.status, await there()]).toEqual(["running", between.inserted]);
      await runImport({ importId: id }, jobRun(deps));
      expect(await getImport(deps, { id })).toMatchObject({ status: "completed", total: PEOPLE, inserted: PEOPLE });
      expect(await there()).toBe(PEOPLE);
    } finally {
      await db.destroy();
      await postgres.stop("immediate");
    }
  },
);
