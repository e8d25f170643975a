// The ground that the other tests stand on: servers that can be stopped and killed without losing what they promised,
// and databases that belong to one test file.
import { Redis } from "ioredis";
import pg from "pg";
import { expect, test } from "vitest";
import { freshDatabase, freshRedis, hasRealPostgres, startPostgres, startRedis } from "../helpers/infrastructure.ts";

const query = async (url: string, sql: string): Promise<Record<string, unknown>[]> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
};

test("every test file gets a migrated database of its own", async () => {
  const [one, other] = await Promise.all([freshDatabase(), freshDatabase()]);
  await query(one.url, "create table only_here (id int)");
  expect(await query(other.url, "select to_regclass('only_here') as found")).toEqual([{ found: null }]);
  expect((await query(other.url, "select name from public.schema_migrations")).length).toBeGreaterThan(0);
  await Promise.all([one.drop(), other.drop()]);
});

test("no two callers get the same Redis database", () => {
  expect(freshRedis().url).not.toBe(freshRedis().url);
});

test("a Redis that is killed hard and started again still has what was written a second before", async () => {
  const server = await startRedis();
  const first = new Redis(server.url, { maxRetriesPerRequest: null });
  await first.set("kept", "yes");
  // WAITAOF is Redis 7.2; every-second fsync is asked for by a rewrite of the configuration instead.
  await first.config("SET", "appendfsync", "always");
  await first.set("also", "yes");
  first.disconnect();
  await server.kill9();
  await server.restart();
  const second = new Redis(server.url);
  expect(await second.mget("kept", "also")).toEqual(["yes", "yes"]);
  second.disconnect();
  await server.stop();
});

test.skipIf(!hasRealPostgres())(
  "a Postgres that is killed hard comes back on the same port with its rows",
  async () => {
    const server = await startPostgres();
    await query(server.url, "create table kept (id int)");
    await query(server.url, "insert into kept values (1)");
    await server.stop("kill9");
    await expect(query(server.url, "select 1")).rejects.toThrow();
    await server.restart();
    expect(await query(server.url, "select id from kept")).toEqual([{ id: 1 }]);
    await server.stop();
  },
);
