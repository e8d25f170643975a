// `npm start` from a user's side: what it says, what it refuses, and that it leaves nothing behind.

import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { planProcesses } from "../../scripts/start/groups.ts";
import { until } from "../helpers/processes.ts";
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

test("Ctrl-C ends every process, apps before the databases, and the next start finds the data", async () => {
  const dataDir = newDataDir();
  const first = await startPlatform({ root, env: { LC_DATA_DIR: dataDir } });
  expect(processesOf(dataDir).length).toBeGreaterThanOrEqual(4);
  expect(await first.stop("SIGINT")).toBe(0);
  expect(processesOf(dataDir)).toEqual([]);
  expect(readFileSync(join(dataDir, "logs/redis.log"), "utf8")).toContain("ready to exit");
  expect(existsSync(join(dataDir, "run/supervisor.json"))).toBe(false);
  const second = await startPlatform({ root, env: { LC_DATA_DIR: dataDir }, wait: false });
  await until("the second start reads the data of the first", () =>
    second.logs().includes("Starting the embedded Postgres"),
  );
  await second.stop();
});

test("a stop in the middle of the start leaves nothing running", async () => {
  const early = await startPlatform({ root, wait: false });
  await until("the start has begun", () => early.logs().includes("Making the embedded Postgres"));
  expect(await early.stop("SIGTERM")).toBe(0);
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
