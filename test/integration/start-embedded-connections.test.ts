// Many connections on the embedded Postgres's one backend never meet in mid-query, whatever the size of their messages,
// and a connection that breaks inside a transaction leaves nothing behind and blocks nobody.
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { type PostgresServer, runEmbedded } from "../helpers/infrastructure-servers.ts";
import { newDataDir } from "../helpers/processes-platform.ts";

let server: PostgresServer;
beforeAll(async () => {
  server = await runEmbedded(inject("runDir"), join(newDataDir(), "postgres"));
});
afterAll(() => server.stop());

const connected = async (): Promise<pg.Client> => {
  const client = new pg.Client({ connectionString: server.url });
  client.on("error", () => undefined);
  await client.connect();
  return client;
};

test("parameters of any size arrive where they belong while others ask too", async () => {
  const clients = await Promise.all(Array.from({ length: 8 }, connected));
  const ask = async (client: pg.Client, n: number) => {
    for (let i = 0; i < 25; i++) {
      const text = String(n).repeat(i % 5 === 0 ? 400_000 : 10);
      const { rows } = await client.query(
        "select $1::int as n, length($2::text) as size, $2::text = $3::text as same",
        [n * 100 + i, text, text],
      );
      expect(rows).toEqual([{ n: n * 100 + i, size: text.length, same: true }]);
      if (i % 6 === 0) await expect(client.query("select $1::int / 0", [1])).rejects.toThrow("division by zero");
    }
  };
  await Promise.all(clients.map((client, n) => ask(client, n + 1)));
  await Promise.all(clients.map((client) => client.end()));
});

test("a connection that breaks inside a transaction is rolled back, and the others go on", async () => {
  const [broken, other] = [await connected(), await connected()];
  await other.query("create table kept (n int)");
  await broken.query("begin");
  await broken.query("insert into kept values (1)");
  const waits = other.query("select count(*)::int as n from kept");
  (broken as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
  expect((await waits).rows).toEqual([{ n: 0 }]);
  await other.query("begin");
  await other.query("insert into kept values (2)");
  await other.query("commit");
  expect((await other.query("select n from kept")).rows).toEqual([{ n: 2 }]);
  await other.end();
});
