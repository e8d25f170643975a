// What can be wrong with a backup: each a sentence that says so, and the database that it was to go into stays as it is.
import { copyFileSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { createZstdCompress } from "node:zlib";
import { Decrypter } from "age-encryption";
import { afterAll, beforeAll, expect, it, test } from "vitest";
import { diskStore } from "../../shared/backup/disk.ts";
import { readArchive } from "../../shared/backup/read-archive.ts";
import { backupIdentities, seal } from "../../shared/backup/seal.ts";
import type { Card } from "../../shared/backup/stored.ts";
import { leftOverMs } from "../../shared/backup/stored.ts";
import { query } from "../../shared/db/knex.ts";
import { type Emptied, newFolder, openTarget, take } from "../helpers/backups.ts";
import { secretKeys } from "../helpers/pipeline.ts";
import { startNode, until } from "../helpers/processes.ts";
import { type TestDeps, useCaseDeps } from "../helpers/use-case-deps.ts";

const folder = newFolder();
const store = diskStore(folder);
let source: TestDeps;
let target: Emptied;
let card: Card;
let bytes: Buffer;

beforeAll(async () => {
  [source, target] = await Promise.all([useCaseDeps(), openTarget()]);
  await query(
    source.deps.db,
    `insert into contacts.contacts (id, community_id, email) select make_uuid7(), (select id from contacts.communities where is_default), md5(n::text) || '@example.com'
     from generate_series(1, 20000) n`,
  );
  card = await take(source.deps, store);
  bytes = readFileSync(join(folder, card.name));
  await query(target.db, "insert into contacts.tags (id, name) values (make_uuid7(), 'was here before')");
});
afterAll(async () => {
  await source.close();
  await target.drop();
});

const stays = () => query(target.db, "select name from contacts.tags");

/** Restores a file with these bytes and answers the sentence. */
const refusal = async (content: Buffer, ring = secretKeys): Promise<string> => {
  const { restoreBackup } = await import("../../shared/backup/restore-backup.ts");
  const restoring = restoreBackup(target.db, Readable.from([content]), {
    ...{ ring, name: "a.age", resume: false, say: () => undefined },
  });
  const error = await restoring.then(
    () => undefined,
    (caught: Error) => caught,
  );
  expect(error?.name, error?.stack).toBe("BackupError");
  return error?.message ?? "";
};
/** A backup whose inside is this text. */
const wrapped = async (text: string): Promise<Buffer> =>
  buffer(await seal(Readable.from([text]).pipe(createZstdCompress()), secretKeys));
const headerOf = async (): Promise<Record<string, unknown>> => {
  for await (const part of readArchive(Readable.from([bytes]), secretKeys))
    if (part.kind === "header") return { ...part.header };
  throw new Error("no header");
};
const withHeader = async (changes: Record<string, unknown>) =>
  wrapped(`-- learning-center-backup ${JSON.stringify({ ...(await headerOf()), ...changes })}\n`);

test.each<readonly [string, () => Promise<Buffer> | Buffer, RegExp]>([
  [
    "a flipped byte",
    () => bytes.map((byte, at) => (at === 400_000 ? byte ^ 1 : byte)) as Buffer,
    /damaged or cut short/,
  ],
  ["a file that is cut at its end", () => bytes.subarray(0, -5), /damaged or cut short/],
  ["a file that is cut in the middle", () => bytes.subarray(0, bytes.length / 2), /damaged or cut short/],
  ["a file that is cut in its header", () => bytes.subarray(0, 60), /not a whole backup/],
  ["an empty file", () => Buffer.alloc(0), /not a whole backup/],
  ["another file", () => Buffer.from("hello\n".repeat(100)), /not a whole backup/],
  ["an age file of something else", () => wrapped("hello\n"), /not a backup of this platform/],
  ["a newer format", () => withHeader({ format: 2, platform: "9.0.0" }), /format 2, written by version 9\.0\.0/],
  ["a newer schema", () => withHeader({ migrations: ["0001_contacts", "0999_later"] }), /newer schema \(0999_later\)/],
  ["a backup without its end", () => withHeader({}), /its end is missing/],
])("%s is refused in a sentence, and changes nothing", async (_what, content, sentence) => {
  expect(await refusal(await content())).toMatch(sentence);
  expect(await stays()).toEqual([{ name: "was here before" }]);
});

it("opens under any key of the ring, and says so when none of them fits", async () => {
  const other = "another-key-of-at-least-32-characters";
  expect(await refusal(bytes, [other])).toMatch(/under another key: none of LC_SECRET_KEYS opens it/);
  let rows = 0;
  for await (const part of readArchive(Readable.from([bytes]), [other, ...secretKeys]))
    if (part.kind === "manifest") rows = part.manifest.rows;
  expect(rows).toBe(card.rows);
});

it("is read by the standard program with the key that we print", async () => {
  const [identity = ""] = backupIdentities(secretKeys);
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  const packed = await decrypter.decrypt(new Uint8Array(bytes));
  // The first bytes of a zstd frame.
  expect(Buffer.from(packed).readUInt32LE(0)).toBe(0xfd2fb528);
});

it("a process that is killed in the middle leaves nothing that is listed, and its half goes a day later", async () => {
  const half = newFolder();
  await query(
    source.deps.db,
    `with made as (insert into contacts.imports (id, status, file_name) values (make_uuid7(), 'running', 'large.csv') returning id)
     insert into contacts.import_chunks (import_id, seq, data)
     select made.id, n, decode(string_agg(md5(random()::text || n), ''), 'hex') from made, generate_series(1, 400) n, generate_series(1, 1500) m group by 1, 2`,
  );
  const script = resolve(import.meta.dirname, "../helpers/backup-process.ts");
  const child = startNode([script, source.databaseUrl, half, secretKeys[0] ?? ""], {});
  await until("half a backup is there", () => readdirSync(half).some((name) => name.endsWith(".half")), { everyMs: 2 });
  await child.kill9();
  expect(child.messages).toEqual([]);
  const disk = diskStore(half);
  expect(await disk.list()).toEqual([]);
  expect(await disk.tidy(new Date())).toBe(0);
  const [left = ""] = readdirSync(half);
  const long = (Date.now() - leftOverMs - 1_000) / 1_000;
  utimesSync(join(half, left), long, long);
  expect(await disk.tidy(new Date())).toBe(1);
  // Postgres has let go of the snapshot, so the next one is taken.
  await until("the lock is free", () => take(source.deps, disk));
  expect(await disk.list()).toHaveLength(1);
});

it("an archive without what stands beside it, or of another length, is not listed", async () => {
  const strange = newFolder();
  copyFileSync(join(folder, card.name), join(strange, card.name));
  expect(await diskStore(strange).list()).toEqual([]);
  copyFileSync(join(folder, card.name.replace(".age", ".json")), join(strange, card.name.replace(".age", ".json")));
  expect(await diskStore(strange).list()).toEqual([card]);
  writeFileSync(join(strange, card.name), bytes.subarray(0, 1_000));
  expect(await diskStore(strange).list()).toEqual([]);
  await expect(store.open("lc-backup-20200101T000000Z-00000000.age")).rejects.toThrow(
    /There is no backup lc-backup-2020/,
  );
});
