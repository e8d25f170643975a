// `npm run repl` and `npm run queue:status` beside the running system, each as a real process: what an operator finds and
// does there, and that it is in the audit log like every other act.
import { execFile, spawn } from "node:child_process";
import { type AddressInfo, connect, createServer } from "node:net";
import { resolve } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { connectPostgres, type Db, query } from "../../shared/db/knex.ts";
import { environmentWith } from "../../shared/environment.ts";
import { enqueue } from "../../shared/jobs/enqueue.ts";
import { makeId } from "../../shared/lib/ids.ts";
import { writeBackends } from "../../shared/local-backends.ts";
import { freePort, freshDatabase, type RedisServer, startRedis } from "../helpers/infrastructure.ts";
import { type GroupProcess, startGroup, until } from "../helpers/processes.ts";
import { newDataDir } from "../helpers/processes-platform.ts";

const root = resolve(import.meta.dirname, "../..");
const admin = { email: "owner@example.org", password: "correct horse battery staple" };

let database: Awaited<ReturnType<typeof freshDatabase>>;
let redis: RedisServer;
let house: GroupProcess;
let db: Db;
let env: Record<string, string>;
const tokens: Record<string, string> = {};
let contact: string;

interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}
const run = (script: string, args: readonly string[], more: Record<string, string | undefined> = {}): Promise<Said> =>
  new Promise((done) => {
    execFile(
      process.execPath,
      [script, ...args],
      { cwd: root, env: environmentWith({ NODE_ENV: "test", ...env, LC_TOKEN: tokens.admin, ...more }) },
      (error, out, err) => done({ code: Number(error?.code ?? 0), out, err }),
    ).stdin?.end();
  });
const repl = (...args: readonly string[]) => run("gateway/accounts/repl-command.ts", args);
/** The prompt; `says` types a line and resolves with what was printed once it has `wanted` in it. */
const openPrompt = async (token: string | undefined) => {
  const child = spawn(process.execPath, ["gateway/accounts/repl-command.ts"], {
    cwd: root,
    env: environmentWith({ NODE_ENV: "test", ...env, LC_TOKEN: token, HOME: newDataDir() }),
    stdio: ["pipe", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let out = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (piece: string) => {
      out += piece;
    });
  await until("the prompt is there", () => out.includes("lc $"));
  return {
    async says(line: string, wanted: RegExp): Promise<string> {
      out = "";
      child.stdin.write(`${line}\n`);
      await until(`"${line}" is answered`, () => (wanted.test(out) && out.includes("lc $")) || undefined).catch(
        (error) => {
          throw new Error(`${error.message}; it said:\n${out}`);
        },
      );
      return out;
    },
    async leave(): Promise<unknown> {
      const ended = new Promise((done) => child.on("exit", done));
      child.stdin.end();
      return ended;
    },
  };
};
const status = (...args: readonly string[]) => run("scripts/queue-status.ts", args);

beforeAll(async () => {
  [database, redis] = await Promise.all([freshDatabase(), startRedis()]);
  const port = await freePort();
  env = {
    ...{ DATABASE_URL: database.url, REDIS_URL: redis.url, LC_DATA_DIR: newDataDir(), PORT: String(port) },
    ...{ LC_ADMIN_EMAIL: admin.email, LC_ADMIN_PASSWORD: admin.password, PUBLIC_URL: `http://localhost:${port}` },
  };
  house = await startGroup(
    ["gateway", ...["contacts", "campaigns", "email", "scheduler", "sandbox"].map((group) => `services/${group}`)],
    env,
  );
  db = connectPostgres(database.url, 3);
  const base = `http://localhost:${port}/api/v1`;
  const post = async (path: string, body: unknown, headers: Record<string, string> = {}) => {
    const response = await fetch(base + path, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    });
    // biome-ignore lint/suspicious/noExplicitAny: the border where JSON of unknown shape is looked into by a test
    return { json: (await response.json()) as any, cookies: response.headers.getSetCookie() };
  };
  const login = await post("/auth/login", admin);
  const session = {
    cookie: login.cookies.map((cookie) => cookie.split(";")[0]).join("; "),
    "x-csrf-token": String(login.json.csrfToken),
    origin: `http://localhost:${port}`,
  };
  for (const [name, abilities] of Object.entries({ admin: ["read", "write", "admin"], reader: ["read"] }))
    tokens[name] = (await post("/auth/tokens", { name, abilities }, session)).json.token;
  contact = (await post("/contacts", { email: "ada@example.org", firstName: "Ada" }, session)).json.id;
});
afterAll(async () => {
  await db.destroy();
  await house.stop();
  await redis.stop();
  await database.drop();
});

const finishes = (id: string, state: string) =>
  until(
    `the job is ${state}`,
    async () => (await query(db, "select 1 from jobs.history where id = ? and state = ?", [id, state])).length > 0,
  );

test("an operator finds a failed job by the person, sees each attempt's error, mends its input, retries it, and it is in the audit log", async () => {
  const gone = makeId();
  const wrong = makeId();
  const right = makeId();
  await query(db, `insert into scheduler.notices (id, body) values (?, '{"title":"x","incidents":[],"link":""}')`, [
    right,
  ]);
  const id = (await db.transaction((trx) =>
    enqueue(trx, "monitors.call-webhook", { noticeId: gone }, { entity: `contact:${contact}` }),
  )) as string;
  await finishes(id, "failed");

  const { says, leave } = await openPrompt(tokens.admin);
  await says("jobs --state failed --contact ada@example.org", new RegExp(id));
  await says("jobs --contact nobody@example.org", /No job is about nobody@example\.org/);
  await says(`job retry ${id} --input '{"noticeId":"${wrong}"}'`, /is \w+ again/);
  await finishes(id, "failed");
  const job = await says(`job ${id}`, new RegExp(wrong));
  expect(job).toMatch(new RegExp(`attempt 1, .*Unrecoverable: There is no notice ${gone}`));
  expect(job).toContain(`There is no notice ${wrong}`);
  expect(job).toMatch(/at .*call-webhook\.ts/);
  await says(`job input ${id}`, new RegExp(wrong));
  await says(`job retry ${id} --input '{broken'`, /not an object of JSON/);
  await says(`job retry ${id} --input '{"noticeId":"x"}'`, /noticeId/);
  await says(`job retry ${id} --input '{"noticeId":"${right}"}'`, /is \w+ again/);
  await finishes(id, "completed");
  await until("the audit log has it", async () => {
    const lines = await says("audit --action jobs.retry", /jobs\.retry|empty/);
    return lines.includes(id) && lines.includes(admin.email);
  });

  await says("queue pause emails --reason 'looking into it'", /is held/);
  await says("queues", /emails .*looking into it/);
  await says("queue resume emails", /goes on/);
  const rule = /^(\S+) .*Jobs fail/m.exec(await says("monitors", /Jobs fail/))?.[1] ?? "";
  await says(`monitor silence ${rule} --for 2h`, /"Jobs fail" is silent until 20/);
  await says("job retry", /<id> is missing/);
  await says("jobs --stat failed", /"jobs" has no option --stat; it takes --state, /);
  expect(await leave()).toBe(0);
});

test("the prompt joins as a node with the stock commands, and who may only read may not act, by no command", async () => {
  const { says, leave } = await openPrompt(tokens.reader);
  await until("it knows the others", async () => (await says("services", /lc \$/)).includes("jobs"));
  await says("nodes", /repl-/);
  await says("call jobs.queues", /emails/);
  await says("call jobs.pauseQueue --name emails", /needs the ability "admin"/);
  await says("queue pause emails", /needs the ability "admin"/);
  await says("dcall nowhere jobs.pauseQueue --name emails", /not available|chooses the node/);
  await says("emit contact.unsubscribed", /is not sent/);
  await says("broadcast contact.unsubscribed", /is not sent/);
  expect(await leave()).toBe(0);
});

test("one command runs by itself, with an exit code, and says what is wrong and what to do", async () => {
  const [queues, called, none, nobody, nowhere] = await Promise.all([
    repl("queues"),
    repl("call", "gateway.none"),
    repl("queu"),
    run("gateway/accounts/repl-command.ts", ["queues"], { LC_TOKEN: undefined }),
    run("gateway/accounts/repl-command.ts", ["queues"], { PUBLIC_URL: "http://localhost:1" }),
  ]);
  expect(queues).toMatchObject({ code: 0, err: "", out: expect.stringMatching(/^queue .*\ndefault /) });
  expect(called).toMatchObject({ code: 1, err: expect.stringContaining("not part of the API") });
  expect(none).toMatchObject({ code: 1, err: expect.stringMatching(/Did you mean .*\nqueue pause <name>/) });
  expect(nobody).toMatchObject({ code: 1, err: expect.stringContaining("LC_TOKEN") });
  expect(nowhere).toMatchObject({ code: 1, err: expect.stringContaining("Nobody answers at http://localhost:1") });
});

test("beside a local start the owner acts without a token, also when Redis takes its time to answer", async () => {
  const { hostname, port } = new URL(redis.url);
  const slow = createServer((client) => {
    const through = connect(Number(port), hostname);
    through.on("error", () => client.destroy());
    client.on("error", () => through.destroy());
    client.pause();
    // Slower than Postgres by far: what is asked first must not decide.
    setTimeout(() => client.pipe(through).pipe(client), 500);
  });
  await new Promise<void>((done) => slow.listen(0, "127.0.0.1", done));
  onTestFinished(() => void slow.close());
  const local = new URL(redis.url);
  local.port = String((slow.address() as AddressInfo).port);
  const urls = { databaseUrl: database.url, port: Number(env.PORT) };
  const dataDir = env.LC_DATA_DIR ?? "";
  const none = { LC_TOKEN: undefined, DATABASE_URL: undefined, REDIS_URL: undefined };
  writeBackends(dataDir, { ...urls, redisUrl: local.href });
  const me = await run("gateway/accounts/repl-command.ts", ["whoami"], none);
  expect(me).toMatchObject({ code: 0, err: "", out: expect.stringContaining(admin.email) });
  writeBackends(dataDir, { ...urls, redisUrl: "redis://127.0.0.1:1" });
  const away = await run("gateway/accounts/repl-command.ts", ["whoami"], none);
  expect(away).toMatchObject({ code: 1, err: expect.stringMatching(/^Redis does not answer \(ECONNREFUSED\)/) });
});

test("queue:status exits with 0 when all is well, with 1 when work stands still or fails, and with 2 when it cannot look", async () => {
  const [calm, away, misused] = await Promise.all([
    status(),
    run("scripts/queue-status.ts", [], { DATABASE_URL: "postgres://lc:lc@127.0.0.1:1/lc" }),
    status("--stalled", "soon"),
  ]);
  expect(calm).toMatchObject({
    code: 0,
    err: "",
    out: expect.stringMatching(/^queue .*\ndefault +0[\s\S]*All is well\.\n$/),
  });
  expect(away).toMatchObject({ code: 2, err: expect.stringMatching(/Postgres cannot be asked: .*ECONNREFUSED/) });
  expect(misused).toMatchObject({ code: 2, err: expect.stringContaining("Found --stalled soon") });

  await house.kill9();
  await db.transaction((trx) => enqueue(trx, "email.send-batch", {}, { runAt: new Date(Date.now() - 600_000) }));
  await query(
    db,
    `insert into jobs.history (id, type, group_name, queue, lane, state, input, attempts, run_at, errors, created_at, finished_at)
     select make_uuid7(), 'imports.run', 'contacts', 'default', 'normal', 'failed', '{}', 1, now(), '[]', now(), now() from generate_series(1, 6)`,
  );
  const [wrong, asJson] = await Promise.all([status("--stalled", "0"), status("--json")]);
  expect(wrong).toMatchObject({
    code: 1,
    out: expect.stringMatching(/6 of 6 jobs imports\.run failed within an hour/),
  });
  expect(wrong.out).toMatch(/emails: Work waits and nothing has moved for \d+ s/);
  expect(asJson.code).toBe(1);
  expect(JSON.parse(asJson.out)).toMatchObject({ ok: false, stalledSeconds: 120, queues: expect.any(Array) });
});
