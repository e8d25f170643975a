// `npm start` from a user's side: what it says, what it refuses, and that it leaves nothing behind.

import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { planProcesses } from "../../scripts/start/groups.ts";
import { noteDown } from "../../scripts/start/run-files.ts";
import { startNode, until } from "../helpers/processes.ts";
import { newDataDir, type Platform, processesOf, smallCheckout, startPlatform } from "../helpers/processes-platform.ts";

const root = smallCheckout();
let platform: Platform;

beforeAll(async () => {
  platform = await startPlatform({ root });
});

afterAll(async () => {
  await platform.stop();
});

test("the terminal names each step, the address and how to sign in, with the generated password", () => {
  const said = platform.logs();
  expect(said).toContain("Redis is up");
  expect(said).toContain("Postgres is up");
  expect(said).toContain(`http://localhost:${platform.port}`);
  expect(said).toContain("owner@example.org, password generated-one (shown only now)");
  expect(said).toContain("Ctrl-C");
});

test("a second start on the same data folder is refused with the first one's process id", async () => {
  const second = await startPlatform({ root, env: { LC_DATA_DIR: platform.dataDir }, wait: false });
  expect(await second.exited).toBe(1);
  expect(second.logs()).toContain(`already runs on the data folder ${platform.dataDir} (process ${platform.pid})`);
  const answer = await fetch(platform.url);
  expect(answer.status).toBe(200);
});

test("an argument is refused with what to set instead", async () => {
  const refused = startNode([join(root, "scripts/start.ts"), "--port", "4000"], { LC_DATA_DIR: newDataDir() }, root);
  expect(await refused.exited).toBe(1);
  expect(refused.logs()).toMatch(/takes no arguments, found "--port".*PORT=4000 npm start/);
});

test("a data folder that cannot be made or written is one sentence", async () => {
  const file = join(newDataDir(), "file");
  writeFileSync(file, "");
  const refused = await startPlatform({ root, env: { LC_DATA_DIR: join(file, "data") }, wait: false });
  expect(await refused.exited).toBe(1);
  expect(refused.logs()).toMatch(/data folder .*\/file\/data cannot be used \(ENOTDIR.*LC_DATA_DIR/);
  expect(refused.logs()).not.toContain("    at ");
});

test("a taken port is refused with its owner, and nothing is left running", async () => {
  const holder = createServer();
  await new Promise<void>((listening) => holder.listen(0, "127.0.0.1", listening));
  const address = holder.address();
  const port = typeof address === "object" ? address?.port : undefined;
  const refused = await startPlatform({ root, env: { PORT: String(port) }, wait: false });
  expect(await refused.exited).toBe(1);
  expect(refused.logs()).toContain(`Port ${port} is taken by process ${process.pid} (`);
  expect(processesOf(refused.dataDir)).toEqual([]);
  holder.close();
});

test("a wrong variable is one sentence without a stack", async () => {
  const refused = await startPlatform({ root, env: { LC_PROCESSES: "many" }, wait: false });
  expect(await refused.exited).toBe(1);
  expect(refused.logs()).toMatch(/LC_PROCESSES has "many".*expected one of/);
  expect(refused.logs()).not.toContain("    at ");
});

test("without a Redis and without the right to install one it says what to do", async () => {
  const refused = await startPlatform({ root, env: { PATH: newDataDir() }, wait: false });
  expect(await refused.exited).toBe(1);
  expect(refused.logs()).toMatch(/no redis-server or valkey-server on the PATH: install .*docker compose up -d/);
  expect(processesOf(refused.dataDir)).toEqual([]);
});

test("Ctrl-C ends all in order once the work in hand is done, the next start finds the data, and a second one hurries", async () => {
  const dataDir = newDataDir();
  const work = join(dataDir, "work");
  const gatewayLog = () => readFileSync(join(dataDir, "logs/gateway.log"), "utf8");
  // As in a terminal under npm: the terminal signals everybody in it, and npm hands the same Ctrl-C on once more.
  const env = { LC_DATA_DIR: dataDir, IN_HAND: work, npm_lifecycle_event: "start" };
  const first = await startPlatform({ root, env });
  expect(processesOf(dataDir).length).toBeGreaterThanOrEqual(4);
  writeFileSync(work, "");
  first.signal("SIGINT");
  await until("it stops", () => first.logs().includes("Stopping"));
  first.signal("SIGINT");
  expect((await fetch(first.url)).status).toBe(200);
  rmSync(work);
  expect(await first.exited).toBe(0);
  expect(gatewayLog()).toContain("what was in hand is done");
  expect(processesOf(dataDir)).toEqual([]);
  expect(readFileSync(join(dataDir, "logs/redis.log"), "utf8")).toContain("ready to exit");
  expect(existsSync(join(dataDir, "run/supervisor.json"))).toBe(false);

  const second = await startPlatform({ root, env });
  expect(second.logs()).toContain("Starting the embedded Postgres");
  writeFileSync(work, "");
  second.signal("SIGINT");
  await until("it does not wait for the work", () => {
    second.signal("SIGINT");
    return second.logs().includes("Ending the services at once");
  });
  expect(await second.exited).toBe(0);
  expect(gatewayLog().split("what was in hand is done")).toHaveLength(2);
});

test("a stop in the middle of the start leaves nothing running, also while it ends what a killed one left over", async () => {
  const early = await startPlatform({ root, wait: false });
  await until("the start has begun", () => early.logs().includes("Making the embedded Postgres"));
  expect(await early.stop("SIGTERM")).toBe(0);
  expect(processesOf(early.dataDir)).toEqual([]);

  const leftover = startNode(
    ["-e", "setInterval(() => {}, 1000); process.on('SIGTERM', () => console.log('asked'))"],
    {},
  );
  onTestFinished(() => leftover.kill9());
  noteDown(early.dataDir, "gateway", "app", leftover.pid, "SIGTERM");
  const next = await startPlatform({ root, env: { LC_DATA_DIR: early.dataDir }, wait: false });
  await until("the leftover was asked to end", () => leftover.logs().includes("asked"));
  expect(next.logs()).toContain("Ending what an earlier start left over: gateway");
  next.signal("SIGINT");
  await leftover.kill9();
  expect(await next.exited).toBe(0);
  expect(next.logs()).not.toContain("Redis");
  expect(processesOf(early.dataDir)).toEqual([]);
});

test("a developer's process starts anew when one of its files changes, and production refuses that mode", async () => {
  const own = smallCheckout();
  const dev = await startPlatform({ root: own, env: { LC_DEBUG: "1" } });
  const pid = async () => (await fetch(dev.url)).text();
  const before = await pid();
  appendFileSync(join(own, "gateway/gateway.service.ts"), "\n");
  await until("another process answers", async () => (await pid().catch(() => before)) !== before);
  expect(dev.logs()).toContain("gateway/gateway.service.ts changed: starting gateway again.");
  await dev.stop();
  const refused = await startPlatform({
    root: own,
    env: { LC_DEBUG: "1", NODE_ENV: "production", PUBLIC_URL: "https://learn.example.org" },
    wait: false,
  });
  expect(await refused.exited).toBe(1);
  expect(refused.logs()).toMatch(/LC_DEBUG is 1.*not in production/);
});

test("groups are folded into three processes, one, or one each", () => {
  const folders = ["gateway", "services/campaigns", "services/contacts", "services/email", "services/sandbox"];
  const spread = (how: "folded" | "one" | "each") => planProcesses(folders, how).map((p) => p.folders);
  expect(spread("folded")).toEqual([
    ["gateway", "services/campaigns", "services/contacts"],
    ["services/email"],
    ["services/sandbox"],
  ]);
  expect(spread("one")).toEqual([folders]);
  expect(spread("each")).toEqual(folders.map((folder) => [folder]));
});
