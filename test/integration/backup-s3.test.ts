// Backups in storage that speaks S3, against a server that does: in parts, refused, cut off in the middle, retried.
import { createRequire } from "node:module";
import { connect, createServer, type Server, type Socket } from "node:net";
import { Readable } from "node:stream";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openStore } from "../../shared/backup/configured.ts";
import { type BackupOptions, runBackup } from "../../shared/backup/run-backup.ts";
import { listRuns } from "../../shared/backup/runs.ts";
import type { BackupStore } from "../../shared/backup/stored.ts";
import { query } from "../../shared/db/knex.ts";
import type { JobRun } from "../../shared/jobs/define.ts";
import { makeId } from "../../shared/lib/ids.ts";
import { type Emptied, newFolder, openTarget } from "../helpers/backups.ts";
import { freePort } from "../helpers/infrastructure.ts";
import { secretKeys } from "../helpers/pipeline.ts";
import { type TestDeps, useCaseDeps } from "../helpers/use-case-deps.ts";

interface S3Server {
  run(): Promise<unknown>;
  close(): Promise<void>;
}
// It has no types.
const S3rver = createRequire(import.meta.url)("@20minutes/s3rver") as new (
  options: Record<string, unknown>,
) => S3Server;

let server: S3Server;
/** It holds signatures against the secret; of a list of objects it reckons them wrong, so the other one does not. */
let strict: S3Server;
let strictPort: number;
let source: TestDeps;
let target: Emptied;
let direct: number;
/** In front of the server: lets so many bytes through, then breaks every connection. */
let wire: { server: Server; port: number; allow: number };

const startWire = async (port: number) => {
  const state = { server: createServer(), port: await freePort(), allow: Number.POSITIVE_INFINITY };
  state.server.on("connection", (near: Socket) => {
    const far = connect(port, "127.0.0.1");
    const end = () => {
      near.destroy();
      far.destroy();
    };
    near.on("data", (bytes) => {
      state.allow -= bytes.length;
      if (state.allow < 0) end();
      else far.write(bytes);
    });
    far.on("data", (bytes) => near.write(bytes));
    for (const socket of [near, far]) socket.on("error", end).on("close", end);
  });
  await new Promise<void>((listening) => state.server.listen(state.port, "127.0.0.1", listening));
  return state;
};

const options = (s3Url: string): BackupOptions => ({
  ...{ production: true, dataDir: newFolder(), s3Url, backupDir: undefined },
  ...{ ring: secretKeys, keep: { daily: 1, weekly: 0, monthly: 0 } },
});
const url = (changes: { login?: string; bucket?: string; port?: number } = {}) =>
  `s3://${changes.login ?? "S3RVER:S3RVER"}@127.0.0.1:${changes.port ?? direct}/${changes.bucket ?? "backups"}/town?tls=off`;
const logged: string[] = [];
const backup = (s3Url: string) => {
  const run: JobRun = {
    ...{ id: makeId(), attempt: 1, signal: new AbortController().signal, deps: source.deps },
    ...{ log: (line: string) => void logged.push(line), progress: () => undefined },
  };
  return runBackup(run, options(s3Url));
};
const opened = <T>(work: (store: BackupStore) => Promise<T>): Promise<T> =>
  openStore(options(url())).then(async (store) => {
    try {
      return await work(store);
    } finally {
      store.close();
    }
  });
const latest = async () => (await listRuns(source.deps.db, 1))[0];

beforeAll(async () => {
  direct = await freePort();
  const start = (port: number, lax: boolean) =>
    new S3rver({
      ...{ address: "127.0.0.1", port, silent: true, directory: newFolder() },
      ...{ configureBuckets: [{ name: "backups" }], allowMismatchedSignatures: lax },
    });
  server = start(direct, true);
  strictPort = await freePort();
  strict = start(strictPort, false);
  [source, target] = await Promise.all([useCaseDeps(), openTarget(), server.run(), strict.run()]);
  wire = await startWire(direct);
});
afterAll(async () => {
  wire.server.close();
  await server.close();
  await strict.close();
  await source.close();
  await target.drop();
});

it.each<readonly [string, () => string, RegExp]>([
  [
    "a wrong secret",
    () => url({ login: "S3RVER:wrong", port: strictPort }),
    /does not know the key of LC_S3_URL, or its secret is wrong/,
  ],
  ["an unknown key", () => url({ login: "nobody:S3RVER" }), /does not know the key of LC_S3_URL/],
  ["a bucket that is not there", () => url({ bucket: "nowhere" }), /There is no bucket nowhere/],
])("%s is a sentence, and trying again is left to people", async (_what, made, sentence) => {
  await expect(backup(made())).rejects.toMatchObject({
    name: "Unrecoverable",
    message: expect.stringMatching(sentence),
  });
  expect(await latest()).toMatchObject({ state: "failed", error: expect.stringMatching(sentence) });
  expect(JSON.stringify(await latest())).not.toMatch(/S3RVER:|wrong@/);
});

it("a backup goes there in parts, is listed, and comes back; old ones are removed", async () => {
  // Bytes that do not pack: more than one part.
  await query(
    source.deps.db,
    `with made as (insert into contacts.imports (id, status, file_name) values (make_uuid7(), 'running', 'large.csv') returning id)
     insert into contacts.import_chunks (import_id, seq, data)
     select made.id, n, decode(string_agg(md5(random()::text || n), ''), 'hex') from made, generate_series(1, 320) n, generate_series(1, 2000) m group by 1, 2`,
  );
  const name = "lc-backup-20200101T000000Z-0000abcd.age";
  await opened(async (store) => {
    await store.put(name, Readable.from([Buffer.from("old")]), new AbortController().signal);
    const old = { name, takenAt: "2020-01-01T00:00:00Z", finishedAt: "2020-01-01T00:00:00Z", bytes: 3, rows: 1 };
    await store.putCard({ ...old, tables: 1, format: 1, schema: "", platform: "0", sha256: "" });
    expect(await store.list()).toHaveLength(1);
  });
  await backup(url());
  const [card, ...others] = await opened((store) => store.list());
  expect(others).toEqual([]);
  expect(card?.bytes).toBeGreaterThan(9_000_000);
  expect(await latest()).toMatchObject({
    state: "completed",
    name: card?.name,
    place: `s3://127.0.0.1:${direct}/backups/town`,
  });
  expect((await listRuns(source.deps.db, 10)).filter(({ state }) => state === "completed")).toHaveLength(1);
  await opened((store) => target.restore(store, card?.name ?? ""));
  const sum =
    "select count(*)::int as n, md5(string_agg(md5(data), '' order by seq)) as sum from contacts.import_chunks";
  expect(await query(target.db, sum)).toEqual(await query(source.deps.db, sum));
  await expect(opened((store) => store.open("lc-backup-20200101T000000Z-00000000.age"))).rejects.toThrow(/no backup/);
});

it("a connection that breaks in the middle fails the job, lists nothing, and the next try succeeds", async () => {
  const before = await opened((store) => store.list());
  wire.allow = 5_000_000;
  await expect(backup(url({ port: wire.port }))).rejects.toMatchObject({
    ...{
      name: "BackupError",
      mayHeal: true,
      message: expect.stringMatching(/cannot be reached, or the connection broke/),
    },
  });
  expect(await latest()).toMatchObject({ state: "failed" });
  expect(await opened((store) => store.list())).toEqual(before);
  wire.allow = Number.POSITIVE_INFINITY;
  await backup(url({ port: wire.port }));
  const [newest] = await opened((store) => store.list());
  expect(newest?.name).not.toBe(before[0]?.name);
});

it("without a place that stays, a deployment's backup fails with what to do", async () => {
  const run = { id: makeId(), attempt: 1, signal: new AbortController().signal, deps: source.deps } as JobRun;
  await expect(runBackup(run, { ...options(""), s3Url: undefined })).rejects.toMatchObject({
    ...{ name: "Unrecoverable", message: expect.stringMatching(/Set LC_S3_URL to storage that speaks S3/) },
  });
});
