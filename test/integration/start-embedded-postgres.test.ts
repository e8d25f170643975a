// The embedded Postgres behaves as the services need it: several pools, vectors, the whole schema, and rows that
// survive a hard kill.
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { connectPostgres } from "../../shared/db/knex.ts";
import { migrate } from "../../shared/db/migrate.ts";
import { migrations } from "../../shared/db/migrations/index.ts";
import { type PostgresServer, runEmbedded } from "../helpers/infrastructure-servers.ts";
import { until } from "../helpers/processes.ts";
import { newDataDir } from "../helpers/processes-platform.ts";

let server: PostgresServer;

beforeAll(async () => {
  server = await runEmbedded(inject("runDir"), join(newDataDir(), "postgres"));
});

afterAll(async () => {
  await server.stop();
});

const withPool = async <T>(work: (pool: pg.Pool) => Promise<T>): Promise<T> => {
  const pool = new pg.Pool({ connectionString: server.url, max: 5 });
  pool.on("error", () => {});
  try {
    return await work(pool);
  } finally {
    await pool.end();
  }
};

test("the whole schema can be made on it, once, by two processes at the same time", async () => {
  const [one, other] = [connectPostgres(server.url, 2), connectPostgres(server.url, 2)];
  // They may take turns, each with a migration; none is applied twice.
  const applied = (await Promise.all([migrate(one), migrate(other)])).flat();
  expect(applied.sort()).toEqual(migrations.map(({ name }) => name));
  expect(await migrate(one)).toEqual([]);
  await Promise.all([one.destroy(), other.destroy()]);
});

test("vectors, trigrams and accents can be searched", async () => {
  await withPool(async (pool) => {
    await pool.query("create extension if not exists vector");
    await pool.query("create extension if not exists pg_trgm");
    await pool.query("create extension if not exists unaccent");
    const { rows } = await pool.query("select '[1,0]'::vector <=> '[0,1]'::vector as far, unaccent('é') as plain");
    expect(rows).toEqual([{ far: 1, plain: "e" }]);
  });
});

test("connections of several pools at once see their own transactions", async () => {
  await withPool(async (pool) => {
    await pool.query("create table counted (n int)");
    await pool.query("insert into counted values (0)");
    const add = async () => {
      const client = await pool.connect();
      await client.query("begin");
      await client.query("update counted set n = n + 1");
      await client.query("commit");
      client.release();
    };
    await Promise.all(Array.from({ length: 40 }, add));
    expect((await pool.query("select n from counted")).rows).toEqual([{ n: 40 }]);
  });
});

test("a hard kill loses no row whose insert was answered", async () => {
  let answered = 0;
  await withPool(async (pool) => {
    await pool.query("create table written (n int primary key)");
    const writing = (async () => {
      for (let n = 1; ; n += 1) {
        await pool.query("insert into written values ($1)", [n]);
        answered = n;
      }
    })();
    writing.catch(() => {});
    await until("some rows are written", () => answered > 50);
    await server.stop("kill9");
    await expect(writing).rejects.toThrow();
  });
  await server.restart();
  await withPool(async (pool) => {
    const { rows } = await pool.query<{ count: string }>("select count(*) from written where n <= $1", [answered]);
    expect(Number(rows[0]?.count)).toBe(answered);
  });
});
