// Migrations beside a system that is at work: none waits for a lock in a way that holds everybody else up.
import { expect, onTestFinished, test } from "vitest";
import { connectPostgres, query } from "../../shared/db/knex.ts";
import { type Migration, migrate } from "../../shared/db/migrate.ts";
import { freshDatabase, hasRealPostgres } from "../helpers/infrastructure.ts";
import { until } from "../helpers/processes.ts";

const list: readonly Migration[] = [
  { name: "9001_shelves", up: async (trx) => void (await trx.raw("create table public.shelves (id int)")) },
  {
    name: "9002_shelf_names",
    up: async (trx) => void (await trx.raw("alter table public.shelves add column name text")),
  },
];

// The embedded Postgres runs one transaction after the other: there is nothing to step aside for.
test.runIf(hasRealPostgres())(
  "a migration that meets a long transaction steps aside until that has ended",
  async () => {
    const database = await freshDatabase();
    onTestFinished(database.drop);
    const db = connectPostgres(database.url, 4);
    onTestFinished(() => db.destroy());
    expect(await migrate(db, list.slice(0, 1))).toEqual(["9001_shelves"]);

    const long = await db.transaction();
    await query(long, "insert into public.shelves values (1)");
    const migrating = migrate(db, list);
    const waiting = () =>
      query(db, "select 1 from pg_locks where relation = 'public.shelves'::regclass and not granted");
    await until("it waits for the table", async () => (await waiting()).length > 0);
    // Whoever comes after a waiting migration waits behind it, for as long as that waits.
    expect(await query(db, "select id from public.shelves")).toEqual([]);
    expect(long.isCompleted()).toBe(false);

    await long.commit();
    expect(await migrating).toEqual(["9002_shelf_names"]);
    expect(await query(db, "select id, name from public.shelves")).toEqual([{ id: 1, name: null }]);
    expect(await migrate(db, list)).toEqual([]);
  },
);

test("of a list of which one fails, those before it are in force and are not done again", async () => {
  const database = await freshDatabase();
  onTestFinished(database.drop);
  const db = connectPostgres(database.url, 2);
  onTestFinished(() => db.destroy());
  const failing = { name: "9003_wrong", up: () => Promise.reject(new Error("it cannot be done")) };
  await expect(migrate(db, [...list, failing])).rejects.toThrow("it cannot be done");
  expect(await migrate(db, list)).toEqual([]);
  const both = await Promise.all([migrate(db, list), migrate(db, list)]);
  expect(both).toEqual([[], []]);
});
