// Encrypted connections to Postgres and Redis, against real servers with certificates of an authority of this test: who is
// trusted under which setting, and what is said when somebody is not.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { connectPostgres, pingPostgres, query } from "../../shared/db/knex.ts";
import { environmentWith } from "../../shared/environment.ts";
import { connectionTrouble } from "../../shared/lib/connection-trouble.ts";
import { connectRedis, troubleOf } from "../../shared/streams/connections.ts";
import {
  freePort,
  type PostgresServer,
  type RedisServer,
  startPostgres,
  startRedis,
} from "../helpers/infrastructure.ts";
import { startGroup, until } from "../helpers/processes.ts";
import { newDataDir } from "../helpers/processes-platform.ts";
import { type Certified, certificateAuthority } from "../helpers/self-signed.ts";

const root = resolve(import.meta.dirname, "../..");
const authority = certificateAuthority("Test Authority");
const stranger = certificateAuthority("Somebody Else");
const good = authority.issue("localhost");
const expired = authority.issue("localhost", -1);
const foreign = authority.issue("db.example.org");

let postgres: PostgresServer;
let plainPostgres: PostgresServer;
let redis: RedisServer;
let tlsPort = 0;
let caFile = "";

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** Both servers show this certificate from now on. */
const show = async ({ key, cert }: Certified) => {
  writeFileSync(join(postgres.folder, "server.key"), key);
  writeFileSync(join(postgres.folder, "server.crt"), cert);
  process.kill(postgres.pid(), "SIGHUP");
  const folder = inject("runDir");
  writeFileSync(join(folder, "redis-tls.key"), key);
  writeFileSync(join(folder, "redis-tls.crt"), cert);
  const client = connectRedis(redis.url, "admin", { log: silent });
  await client.config(
    "SET",
    "tls-cert-file",
    join(folder, "redis-tls.crt"),
    "tls-key-file",
    join(folder, "redis-tls.key"),
  );
  client.disconnect();
};

beforeAll(async () => {
  tlsPort = await freePort();
  const folder = inject("runDir");
  caFile = join(folder, "authority.pem");
  writeFileSync(caFile, authority.cert);
  writeFileSync(join(folder, "redis-tls.key"), good.key);
  writeFileSync(join(folder, "redis-tls.crt"), good.cert);
  [postgres, plainPostgres, redis] = await Promise.all([
    startPostgres({
      settings: ["ssl = on", "ssl_cert_file = 'server.crt'", "ssl_key_file = 'server.key'"],
      files: { "server.key": good.key, "server.crt": good.cert },
    }),
    startPostgres(),
    startRedis({
      config: [
        `tls-port ${tlsPort}`,
        `tls-cert-file ${join(folder, "redis-tls.crt")}`,
        `tls-key-file ${join(folder, "redis-tls.key")}`,
        "tls-auth-clients no",
        `tls-ca-cert-file ${caFile}`,
      ],
    }),
  ]);
});
afterAll(() => Promise.all([postgres.stop(), plainPostgres.stop(), redis.stop()]));

const urlOf = (mode: string | undefined, { port } = postgres) =>
  `postgres://postgres@localhost:${port}/postgres${mode ? `?sslmode=${mode}` : ""}`;

/** Connects once: whether it was encrypted, or why not. */
const tryPostgres = async (mode: string | undefined, ca?: string, server = postgres): Promise<string> => {
  try {
    const db = connectPostgres(urlOf(mode, server), 1, "test", ca);
    try {
      await pingPostgres(db);
      const [row] = await query<{ ssl: boolean }>(db, "select ssl from pg_stat_ssl where pid = pg_backend_pid()");
      return row?.ssl ? "encrypted" : "plain";
    } finally {
      await db.destroy();
    }
  } catch (error) {
    return connectionTrouble(error, "Postgres");
  }
};

const tryRedis = async (url: string, ca?: string): Promise<string> => {
  // The authority is a part of the options: the client's own come last.
  const { redisOptions } = await import("../../shared/streams/connections.ts");
  const client = connectRedis(url, "test", {
    log: silent,
    redis: { ...redisOptions(url, ca), retryStrategy: () => null, connectTimeout: 1_000 },
  });
  try {
    return await until("it answers or says why not", () =>
      client.status === "ready" ? client.ping() : client.status === "end" && (troubleOf(client) ?? "closed"),
    );
  } finally {
    client.disconnect();
  }
};

describe("Postgres", () => {
  test("is reached as sslmode says, with the right authority in every mode that verifies", async () => {
    expect(await tryPostgres(undefined)).toBe("plain");
    expect(await tryPostgres("disable")).toBe("plain");
    expect(await tryPostgres("require")).toBe("encrypted");
    expect(await tryPostgres("verify-ca", authority.cert)).toBe("encrypted");
    expect(await tryPostgres("verify-full", authority.cert)).toBe("encrypted");
    // Who names an authority wants it checked, also where the URL says nothing.
    expect(await tryPostgres(undefined, authority.cert)).toBe("encrypted");
  });

  test("is refused under an authority that did not issue its certificate, and the variable is named", async () => {
    for (const mode of [undefined, "require", "verify-ca", "verify-full"])
      expect(await tryPostgres(mode, stranger.cert)).toMatch(/authority that is not known here; set LC_POSTGRES_CA/);
    for (const mode of ["verify-ca", "verify-full"])
      expect(await tryPostgres(mode)).toMatch(/authority that is not known here/);
  });

  test("is refused when it speaks no TLS although that was asked for, and never spoken to in the clear", async () => {
    for (const mode of ["require", "verify-ca", "verify-full"])
      expect(await tryPostgres(mode, undefined, plainPostgres)).toMatch(/TLS is demanded.*sslmode in DATABASE_URL/);
  });

  test("is not asked to choose: prefer, allow and words that are no mode are refused", async () => {
    for (const mode of ["prefer", "allow", "no-verify", "on"])
      expect(await tryPostgres(mode)).toMatch(new RegExp(`sslmode=${mode}: expected disable, require, verify-ca`));
  });
});

describe("Redis", () => {
  const tls = () => `rediss://localhost:${tlsPort}`;

  test("is reached over rediss:// by the authority that issued its certificate, and by no other", async () => {
    expect(await tryRedis(tls(), authority.cert)).toBe("PONG");
    expect(await tryRedis(tls(), stranger.cert)).toMatch(/authority that is not known here; set LC_REDIS_CA/);
    expect(await tryRedis(tls())).toMatch(/authority that is not known here/);
  });

  test("is refused when it speaks no TLS although rediss:// was asked for", async () => {
    expect(await tryRedis(redis.url.replace("redis:", "rediss:"), authority.cert)).toMatch(/TLS is demanded.*rediss:/);
  });
});

test("a certificate for another name passes verify-ca only, and an expired one passes nothing that verifies", async () => {
  await show(foreign);
  await until("Postgres shows the other certificate", async () =>
    /another name.*db\.example\.org/.test(await tryPostgres("verify-full", authority.cert)),
  );
  expect(await tryPostgres("verify-ca", authority.cert)).toBe("encrypted");
  expect(await tryRedis(`rediss://localhost:${tlsPort}`, authority.cert)).toMatch(/another name.*db\.example\.org/);
  await show(expired);
  await until("Postgres shows the expired one", async () =>
    /has expired/.test(await tryPostgres("verify-ca", authority.cert)),
  );
  expect(await tryPostgres("verify-full", authority.cert)).toMatch(/has expired/);
  expect(await tryPostgres("require")).toBe("encrypted");
  expect(await tryRedis(`rediss://localhost:${tlsPort}`, authority.cert)).toMatch(/has expired/);
  await show(good);
});

test("a whole process and the doctor stand on encrypted servers, by PEM text and by file", async () => {
  const admin = connectRedis(redis.url, "admin", { log: silent });
  await admin.config("SET", "port", "0");
  const env = {
    DATABASE_URL: urlOf("verify-full"),
    REDIS_URL: `rediss://localhost:${tlsPort}`,
    LC_POSTGRES_CA: authority.cert.replaceAll("\n", "\\n"),
    LC_REDIS_CA: caFile,
    LC_DATA_DIR: newDataDir(),
    NODE_ENV: "development",
  };
  await until(
    "Postgres shows the right certificate again",
    async () => (await tryPostgres("verify-full", authority.cert)) === "encrypted",
  );
  // Its transporter, its channels and its jobs have connections of their own: none could be had without TLS.
  const group = await startGroup(["services/scheduler"], env);
  const doctor = [join(root, "scripts/doctor.ts"), "--json"];
  const text = execFileSync(process.execPath, doctor, { env: environmentWith(env), encoding: "utf8" });
  const report = JSON.parse(text) as {
    findings: { area: string; name: string; found: string }[];
  };
  const found = (area: string) => report.findings.find((f) => f.area === area && f.name === "Encryption")?.found;
  expect([found("Postgres"), found("Redis")]).toEqual(["on (verify-full)", "on, and the server is checked"]);
  const db = connectPostgres(urlOf("verify-full"), 1, "test", authority.cert);
  const plain = await query(
    db,
    "select a.application_name from pg_stat_activity a join pg_stat_ssl s using (pid) where a.application_name like 'lc%' and not s.ssl",
  );
  expect(plain).toEqual([]);
  await db.destroy();
  expect(await group.stop()).toBe(0);
  admin.disconnect();
});

test("a process that does not trust the servers stays up, is not ready, and says why", async () => {
  const group = await startGroup(
    ["services/contacts"],
    {
      DATABASE_URL: urlOf("verify-full"),
      REDIS_URL: `rediss://localhost:${tlsPort}`,
      LC_POSTGRES_CA: stranger.cert,
      LC_REDIS_CA: stranger.cert,
      LC_DATA_DIR: newDataDir(),
    },
    { wait: false },
  );
  const missing = await until("health says why", async () => {
    const response = await fetch(`http://127.0.0.1:${group.port}/health/ready`);
    const text = await response.text();
    return response.status === 503 && /LC_POSTGRES_CA/.test(text) && /LC_REDIS_CA/.test(text) && text;
  });
  expect(missing).toContain("authority that is not known here");
  expect(await group.stop()).toBe(0);
});
