// The check at start, on real processes and servers: what ends a process, what keeps it waiting, what is only said; and
// that it is well again without a restart once somebody has mended it.
import { execFile } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runnerArguments } from "../../scripts/start/groups.ts";
import { postgresFindings, schemaFinding } from "../../shared/boot/postgres.ts";
import { lookAtRedis } from "../../shared/boot/redis.ts";
import { postgresFacts, schemaState } from "../../shared/db/facts.ts";
import { connectPostgres, type Db } from "../../shared/db/knex.ts";
import { environmentWith } from "../../shared/environment.ts";
import { connectRedis } from "../../shared/streams/connections.ts";
import { freshDatabase, type RedisServer, startRedis } from "../helpers/infrastructure.ts";
import { type GroupProcess, startGroup, until } from "../helpers/processes.ts";
import { newDataDir } from "../helpers/processes-platform.ts";

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
let database: Awaited<ReturnType<typeof freshDatabase>>;
let redis: RedisServer;
let admin: ReturnType<typeof connectRedis>;
let db: Db;

beforeAll(async () => {
  [database, redis] = await Promise.all([
    freshDatabase(),
    startRedis({ config: ["maxmemory-policy allkeys-lru", "appendonly no"] }),
  ]);
  admin = connectRedis(redis.url, "admin", { log: silent });
  db = connectPostgres(database.url, 1, "test");
});
afterAll(async () => {
  admin.disconnect();
  await db.destroy();
  await redis.stop();
  await database.drop();
});

const readiness = async ({ port }: GroupProcess) => {
  const response = await fetch(`http://127.0.0.1:${port}/health/ready`);
  const body = (await response.json()) as { missing?: string[]; findings?: string[] };
  return { status: response.status, missing: body.missing ?? [], findings: body.findings ?? [] };
};

test("what no waiting mends ends a process with 1 and a sentence for each, and nothing else is printed", async () => {
  const env = {
    NODE_ENV: "production",
    LC_SECRET_KEYS: "canary",
    PUBLIC_URL: "http://localhost:3000",
    DATABASE_URL: "$".concat("{{Postgres.DATABASE_URL}}"),
    REDIS_URL: "",
    PORT: undefined,
    LC_DATA_DIR: newDataDir(),
  };
  const { code, text } = await new Promise<{ code: unknown; text: string }>((done) =>
    execFile(
      process.execPath,
      runnerArguments(["services/contacts"]),
      { env: environmentWith(env), encoding: "utf8" },
      (error, stdout, stderr) => done({ code: error?.code, text: stdout + stderr }),
    ),
  );
  expect(code).toBe(1);
  const lines = text.trim().split("\n");
  expect(lines.map((line) => line.split(" ")[0]).sort()).toEqual([
    "DATABASE_URL",
    "LC_SECRET_KEYS",
    "PUBLIC_URL",
    "REDIS_URL",
  ]);
  expect(text).not.toMatch(/canary|\bat .*\.ts/);
});

describe("a process on a Redis that evicts and forgets, beside a schema that is newer than its code", () => {
  let group: GroupProcess;

  beforeAll(async () => {
    await db.raw("insert into public.schema_migrations (name) values ('9999_future')");
    group = await startGroup(
      ["services/scheduler"],
      { DATABASE_URL: database.url, REDIS_URL: redis.url, LC_DATA_DIR: newDataDir(), LC_DB_POOL: "150" },
      { wait: false },
    );
  });
  afterAll(async () => expect(await group.stop()).toBe(0));

  test("stays up, is not ready, and names the policy", async () => {
    const { missing, findings } = await until("health names the policy", async () => {
      const answer = await readiness(group);
      return answer.missing.some((what) => what.includes("maxmemory-policy")) && answer;
    });
    expect(missing).toContain("Redis: maxmemory-policy is allkeys-lru");
    expect(findings).toEqual(expect.arrayContaining(["Redis: maxmemory-policy", "Redis: Append-only file"]));
    expect(group.logs()).toMatch(/Set it to noeviction/);
  });

  test("is ready soon after the policy is mended, and only names what is left", async () => {
    await admin.config("SET", "maxmemory-policy", "noeviction");
    const { findings } = await until("it is ready", async () => {
      const answer = await readiness(group);
      return answer.status === 200 && answer;
    });
    // Beside it, whether the server has connections enough: other tests use it, too.
    expect(findings.filter((name) => name.startsWith("Redis"))).toEqual(["Redis: Append-only file"]);
    const said = group.logs().match(/Append-only file is off/g) ?? [];
    expect(said).toHaveLength(1);
    expect(group.logs()).toContain("Redis: maxmemory-policy is well again");
    // The newer schema is that of a version which is being rolled out.
    expect(schemaFinding(await schemaState(db))).toMatchObject({
      level: "ok",
      found: expect.stringMatching(/9999_future.*newer version is rolled out/),
    });
  });
});

test("where INFO and CONFIG are denied, what cannot be known is said to be unknown, and keeps nobody waiting", async () => {
  await admin.call("ACL", "SETUSER", "curious", "on", ">secret", "~*", "&*", "+@all", "-info", "-config");
  const client = connectRedis(redis.url.replace("redis://", "redis://curious:secret@"), "curious", {
    log: silent,
    redis: { enableReadyCheck: false },
  });
  const { findings, aheadMs } = await lookAtRedis(client);
  client.disconnect();
  expect(findings).toMatchObject([
    { name: "Version", found: expect.stringMatching(/unknown/) },
    { name: "maxmemory-policy", level: "warning", found: expect.stringMatching(/unknown/) },
    { name: "Append-only file", level: "warning", found: expect.stringMatching(/unknown/) },
  ]);
  expect(findings.some(({ blocks }) => blocks)).toBe(false);
  // The same clock, but for how long the answer took on a busy machine.
  expect(Math.abs(aheadMs ?? Number.NaN)).toBeLessThan(60_000);
});

test("an old Postgres keeps everybody waiting; too few connections and a missing pgvector are only said", async () => {
  const facts = await postgresFacts(db);
  const findings = (changes: Partial<typeof facts>, processes = 1, pool = 10) =>
    postgresFindings({ ...facts, ...changes }, processes, pool);
  expect(findings({}).every(({ level }) => level === "ok")).toBe(true);
  expect(findings({ version: 140_011 })).toContainEqual(expect.objectContaining({ name: "Version", blocks: true }));
  expect(findings({ vector: null, vectorThere: null })).toContainEqual(
    expect.objectContaining({ name: "pgvector", level: "warning" }),
  );
  const tight = findings({ connections: 97 }, 7);
  expect(tight).toContainEqual(expect.objectContaining({ name: "Connections", level: "warning" }));
  expect(tight.some(({ blocks }) => blocks)).toBe(false);
  expect(findings({ connections: 97 }, 6)).toContainEqual(
    expect.objectContaining({ name: "Connections", found: expect.stringMatching(/room for 6 processes/) }),
  );
});
