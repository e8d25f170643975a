// Backups with the embedded Postgres, which has one backend for everybody: into it, out of it again, row for row.
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { diskStore } from "../../shared/backup/disk.ts";
import { restoreBackup } from "../../shared/backup/restore-backup.ts";
import type { Deps } from "../../shared/broker/deps.ts";
import { connectPostgres, type Db, query } from "../../shared/db/knex.ts";
import { systemClock } from "../../shared/lib/clock.ts";
import { fingerprint, newFolder, take } from "../helpers/backups.ts";
import { type PostgresServer, runEmbedded } from "../helpers/infrastructure-servers.ts";
import { secretKeys } from "../helpers/pipeline.ts";
import { type TestDeps, useCaseDeps } from "../helpers/use-case-deps.ts";

let source: TestDeps;
let embedded: PostgresServer;
let db: Db;

beforeAll(async () => {
  [source, embedded] = await Promise.all([useCaseDeps(), runEmbedded(inject("runDir"), newFolder())]);
  db = connectPostgres(embedded.url, 3);
  // More than one COPY brings at once.
  await query(
    source.deps.db,
    `with made as (insert into contacts.imports (id, status, file_name) values (make_uuid7(), 'running', 'large.csv') returning id)
     insert into contacts.import_chunks (import_id, seq, data)
     select made.id, n, decode(repeat(md5(n::text), 16384), 'hex') from made, generate_series(1, 40) n`,
  );
  await query(
    source.deps.db,
    `insert into contacts.contacts (id, community_id, email) select make_uuid7(), (select id from contacts.communities where is_default),
       md5(n::text) || '@example.com' from generate_series(1, 500) n`,
  );
});
afterAll(async () => {
  await db?.destroy();
  await embedded?.stop("kill9");
  await source?.close();
});

it("a backup of a server is restored into it, and its own backup holds the same", async () => {
  const store = diskStore(newFolder());
  const card = await take(source.deps, store);
  const options = { ring: secretKeys, name: card.name, resume: true, say: () => undefined };
  await restoreBackup(db, await store.open(card.name), options);
  const left = ["backups.runs", "backups.restores", "scheduler.monitor_clock"];
  expect(await fingerprint(db, left)).toEqual(await fingerprint(source.deps.db, left));
  const own = await take({ db, clock: systemClock } as Deps, store);
  // The restore itself is noted in it.
  expect(own.rows).toBe(card.rows + 1);
});

it("what cannot be copied in is an error of its own, and the connection goes on", async () => {
  const { from } = await import("pg-copy-streams");
  const copyIn = (text: string) =>
    db.transaction(async (trx) => {
      const connection = await (
        trx.client as { acquireConnection(): Promise<{ query<T>(one: T): T }> }
      ).acquireConnection();
      const sink = connection.query(from("copy contacts.tags (id, name) from stdin"));
      await new Promise<void>((done, failed) => {
        sink.on("error", failed).on("finish", done);
        sink.end(text);
      });
    });
  await expect(copyIn("no uuid\tname\n")).rejects.toThrow(/invalid input syntax for type uuid/);
  await copyIn("00000000-0000-7000-8000-00000000000a\tname\n");
  expect(await query(db, "select name from contacts.tags")).toEqual([{ name: "name" }]);
});
