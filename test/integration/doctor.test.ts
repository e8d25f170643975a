// `npm run doctor` on real servers: what is well, what is not, and the sentence about what to do.
import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { type AddressInfo, createServer as createPlainServer, type Server as PlainServer } from "node:net";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { nearestName } from "../../scripts/doctor/variables.ts";
import { checkClock } from "../../shared/boot/clock.ts";
import { environmentWith } from "../../shared/environment.ts";
import type { Finding } from "../../shared/finding.ts";
import { freePort, freshDatabase, type RedisServer, startRedis } from "../helpers/infrastructure.ts";
import { newDataDir } from "../helpers/processes-platform.ts";

const root = resolve(import.meta.dirname, "../..");
let database: Awaited<ReturnType<typeof freshDatabase>>;
let redis: RedisServer;
let careless: RedisServer;
let smtp: PlainServer;
let api: Server;

const portOf = (server: Server | PlainServer) => (server.address() as AddressInfo).port;
const listening = async <S extends Server | PlainServer>(server: S): Promise<S> => {
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", () => done()));
  return server;
};

beforeAll(async () => {
  [database, redis, careless] = await Promise.all([
    freshDatabase(),
    startRedis(),
    startRedis({ config: ["maxmemory-policy allkeys-lru", "appendonly no"] }),
  ]);
  smtp = await listening(
    createPlainServer((socket) => {
      socket.on("error", () => {});
      socket.write("220-mail.test\r\n220 ready\r\n");
      socket.on("data", (data) => {
        if (data.toString().startsWith("EHLO")) socket.write("250-mail.test\r\n250 STARTTLS\r\n");
        else socket.end("221 bye\r\n");
      });
    }),
  );
  api = await listening(
    createServer((request, response) => {
      const right = request.headers.authorization === "Bearer re_right";
      response.writeHead(right ? 200 : 401).end(right ? '{"data":[]}' : '{"name":"validation_error"}');
    }),
  );
});
afterAll(async () => {
  smtp.close();
  api.close();
  await Promise.all([redis.stop(), careless.stop()]);
  await database.drop();
});

interface Report {
  readonly code: number;
  readonly text: string;
  readonly find: (area: Finding["area"], name: string) => Finding | undefined;
}

/** Runs the doctor as a user does. */
const doctor = async (env: Readonly<Record<string, string | undefined>>, ...args: string[]): Promise<Report> => {
  const variables = { NODE_ENV: "development", LC_DATA_DIR: newDataDir(), PORT: String(await freePort()), ...env };
  const { code, text } = await new Promise<{ code: number; text: string }>((done) =>
    execFile(
      process.execPath,
      [join(root, "scripts/doctor.ts"), ...args],
      { env: environmentWith({ ...variables }), encoding: "utf8" },
      (error, stdout, stderr) => done({ code: Number(error?.code ?? 0), text: stdout + stderr }),
    ),
  );
  const findings: Finding[] = args.includes("--json") ? JSON.parse(text).findings : [];
  return { code, text, find: (area, name) => findings.find((f) => f.area === area && f.name === name) };
};

test("a sound setup is all well, with every variable, schema, policy and clock looked at", async () => {
  const env = { DATABASE_URL: database.url, REDIS_URL: redis.url };
  const report = await doctor(env, "--json");
  expect(report.code).toBe(0);
  expect(report.find("Variables", "DATABASE_URL")).toMatchObject({
    level: "ok",
    found: "set (its value is not shown)",
  });
  expect(report.find("Variables", "LC_DB_POOL")).toMatchObject({ level: "ok", found: "not set, 10 applies" });
  expect(report.find("Postgres", "Schema")?.found).toMatch(/^up to date/);
  expect(report.find("Redis", "maxmemory-policy")).toMatchObject({ level: "ok", found: "noeviction" });
  expect(report.find("Clock", "Postgres")).toMatchObject({ level: "ok" });
  expect(report.find("Clock", "Redis")).toMatchObject({ level: "ok" });
  expect(report.find("Machine", "Port")?.level).toBe("ok");
  const shown = await doctor(env);
  expect(shown.code).toBe(0);
  expect(shown.text).not.toContain(new URL(database.url).password || "\0");
  expect(shown.text.trim().split("\n").at(-1)).toMatch(/^(All is well|No problem)/);
});

test("what is wrong is named with what to do, and ends the doctor with 1", async () => {
  const dead = await freePort();
  const report = await doctor(
    {
      DATABASE_URL: `postgres://lc:canary-password@127.0.0.1:${dead}/lc`,
      REDIS_URL: careless.url,
      LC_PROCESSES: "many",
      LC_EMAIL_PROVDER: "smtp",
      LC_EMAIL_PROVIDER: "smtp",
      LC_SMTP_URLS: `smtp://user:canary-secret@127.0.0.1:${portOf(smtp)},smtp://127.0.0.1:${dead}`,
      PUBLIC_URL: "http://localhost:3000",
      PORT: String(portOf(smtp)),
    },
    "--json",
  );
  expect(report.code).toBe(1);
  expect(report.find("Variables", "LC_PROCESSES")).toMatchObject({
    level: "problem",
    advice: expect.stringMatching(/folded, one, each/),
  });
  expect(report.find("Variables", "LC_EMAIL_PROVDER")).toMatchObject({
    level: "warning",
    advice: "Did you mean LC_EMAIL_PROVIDER?",
  });
  expect(report.find("Postgres", "Reachable")).toMatchObject({
    level: "problem",
    found: expect.stringMatching(/ECONNREFUSED/),
  });
  expect(report.find("Redis", "maxmemory-policy")).toMatchObject({ level: "problem", found: "allkeys-lru" });
  expect(report.find("Redis", "Append-only file")).toMatchObject({ level: "warning" });
  expect(report.find("Email", `127.0.0.1:${portOf(smtp)}`)).toMatchObject({ level: "ok", found: "it answers" });
  expect(report.find("Email", `127.0.0.1:${dead}`)).toMatchObject({ level: "problem" });
  expect(report.find("Address", "PUBLIC_URL")).toMatchObject({
    level: "problem",
    advice: expect.stringMatching(/refused/),
  });
  expect(report.find("Machine", "Port")).toMatchObject({ level: "problem", advice: expect.stringMatching(/is taken/) });
  expect(report.text).not.toContain("canary");
});

test("a mail API's key is tried without sending anything", async () => {
  const env = {
    LC_EMAIL_PROVIDER: "resend",
    LC_RESEND_URL: `http://127.0.0.1:${portOf(api)}`,
    PUBLIC_URL: "https://learn.example",
  };
  const [right, wrong, none] = await Promise.all([
    doctor({ ...env, RESEND_API_KEY: "re_right" }, "--json"),
    doctor({ ...env, RESEND_API_KEY: "re_wrong" }, "--json"),
    doctor({ ...env, RESEND_API_KEY: undefined }, "--json"),
  ]);
  expect(right.find("Email", "Resend")).toMatchObject({ level: "ok" });
  expect(wrong.find("Email", "Resend")).toMatchObject({ level: "problem", found: "it refuses the key (401)" });
  expect(none.find("Email", "Resend")).toBeUndefined();
  expect(none.text).toContain("LC_EMAIL_PROVIDER is resend");
});

test("without databases it says what npm start would do, and changes nothing", async () => {
  const dataDir = newDataDir();
  const report = await doctor({ DATABASE_URL: undefined, REDIS_URL: undefined, LC_DATA_DIR: dataDir }, "--json");
  expect(readdirSync(dataDir)).toEqual([]);
  expect(report.find("Postgres", "Postgres")).toMatchObject({
    level: "ok",
    found: expect.stringMatching(/npm start runs an embedded one/),
  });
  expect(report.find("Redis", "Redis")?.found).toMatch(/npm start/);
  const bare = await doctor({ DATABASE_URL: undefined, REDIS_URL: undefined, PATH: newDataDir() }, "--json");
  expect(bare.find("Redis", "Redis")).toMatchObject({ level: "problem" });
});

test("clocks that differ are told, and names that are nearly right", () => {
  expect(checkClock("Redis", -400)).toMatchObject([{ level: "ok" }]);
  expect(checkClock("Redis", 5_000)).toMatchObject([{ level: "warning", found: "5.0 s ahead of this machine" }]);
  expect(checkClock("Redis", -60_000)).toMatchObject([{ level: "problem", found: "60.0 s behind this machine" }]);
  expect(nearestName("LC_SAMPEL", ["LC_SAMPLE", "LC_MIGRATE"])).toBe("LC_SAMPLE");
  expect(nearestName("LC_SOMETHING_ELSE", ["LC_SAMPLE", "LC_MIGRATE"])).toBeUndefined();
});

test("inside a service of a deployment, what others have is no problem, and its own port is its own", async () => {
  const env = {
    NODE_ENV: "production",
    PORT: String(portOf(smtp)),
    DATABASE_URL: database.url,
    REDIS_URL: redis.url,
    LC_SECRET_KEYS: "a-key-of-at-least-32-characters-for-tests",
    PUBLIC_URL: "https://learn.example.org",
    LC_EMAIL_PROVIDER: "resend",
  };
  const levels = async (more: Readonly<Record<string, string>>) => {
    const { text } = await doctor({ ...env, ...more }, "--json");
    const findings = JSON.parse(text).findings as Finding[];
    const names = ["RESEND_API_KEY", "Place", "Port"];
    return names.map((name) => findings.findLast((finding) => finding.name === name)?.level);
  };
  expect(await levels({ RAILWAY_ENVIRONMENT_NAME: "production" })).toEqual(["warning", "warning", "ok"]);
  expect(await levels({})).toEqual(["problem", "problem", "problem"]);
});
