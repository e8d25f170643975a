// Hard kills under `npm start`: what dies comes back, what a killed supervisor leaves ends, and the next start carries
// on with the same data.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Redis } from "ioredis";
import { expect, test } from "vitest";
import { livingNotes } from "../../scripts/start/run-files.ts";
import { until } from "../helpers/processes.ts";
import { newDataDir, processesOf, smallCheckout, startPlatform } from "../helpers/processes-platform.ts";

const root = smallCheckout();

const pidOf = (dataDir: string, name: string): number | undefined =>
  livingNotes(dataDir).find((n) => n.name === name)?.pid;

const need = (pid: number | undefined): number => {
  if (pid === undefined) throw new Error("the process is not there");
  return pid;
};

const redisOf = (dataDir: string): Redis => {
  const conf = readFileSync(join(dataDir, "redis/redis.conf"), "utf8");
  const value = (name: string) => new RegExp(`^${name} (.+)$`, "m").exec(conf)?.[1] ?? "";
  return new Redis({
    host: "127.0.0.1",
    port: Number(value("port")),
    password: value("requirepass"),
    maxRetriesPerRequest: null,
  });
};

test("a killed app, Redis or Postgres is started again at the same address, and the terminal says so", async () => {
  const platform = await startPlatform({ root });
  const redis = redisOf(platform.dataDir);
  redis.on("error", () => {});
  await redis.set("kept", "yes");
  for (const name of ["gateway", "redis", "postgres"]) {
    const before = need(pidOf(platform.dataDir, name));
    // The file is written every second; a kill of the process alone loses nothing that the kernel has.
    process.kill(before, "SIGKILL");
    await until(`${name} is another process`, () => (pidOf(platform.dataDir, name) ?? before) !== before);
    await until("the terminal says so", () =>
      platform.logs().includes(`${name} was ended by SIGKILL; starting it again in 0.2 s`),
    );
  }
  expect(await redis.get("kept")).toBe("yes");
  redis.disconnect();
  await until("the gateway answers again", async () => (await fetch(platform.url)).ok);
  expect(await platform.stop()).toBe(0);
  expect(processesOf(platform.dataDir)).toEqual([]);
});

test("when the supervisor is killed hard, everything it started ends by itself", async () => {
  const platform = await startPlatform({ root });
  await platform.kill9();
  await until("nothing of it runs", () => processesOf(platform.dataDir).length === 0);
  expect(readFileSync(join(platform.dataDir, "logs/redis.log"), "utf8")).toContain("ready to exit");
});

test("after a hard kill of the supervisor and its guard, the next start ends the leftovers and has the data", async () => {
  const dataDir = newDataDir();
  const first = await startPlatform({ root, env: { LC_DATA_DIR: dataDir } });
  const redis = redisOf(dataDir);
  await redis.set("kept", "yes");
  redis.disconnect();
  const leftRedis = need(pidOf(dataDir, "redis"));
  process.kill(need(pidOf(dataDir, "guard")), "SIGKILL");
  await first.kill9();
  expect(pidOf(dataDir, "redis")).toBe(leftRedis);
  const second = await startPlatform({ root, env: { LC_DATA_DIR: dataDir } });
  expect(second.logs()).toMatch(/Ending what an earlier start left over: .*redis/);
  expect(pidOf(dataDir, "redis")).not.toBe(leftRedis);
  const again = redisOf(dataDir);
  expect(await again.get("kept")).toBe("yes");
  again.disconnect();
  expect(await second.stop()).toBe(0);
});

test("a hard kill of every process at once is followed by a start that carries on", async () => {
  const dataDir = newDataDir();
  const first = await startPlatform({ root, env: { LC_DATA_DIR: dataDir } });
  for (const pid of processesOf(dataDir)) process.kill(pid, "SIGKILL");
  await until("all are gone", () => processesOf(dataDir).length === 0);
  await first.exited;
  const second = await startPlatform({ root, env: { LC_DATA_DIR: dataDir } });
  expect(await second.stop()).toBe(0);
  expect(processesOf(dataDir)).toEqual([]);
});

test("an app that cannot start is tried again ever more slowly, and its fault is shown once", async () => {
  const broken = smallCheckout();
  const platform = await startPlatform({ root: broken, env: { LC_SAMPLE: "0" } });
  writeFileSync(join(broken, "gateway/gateway.service.ts"), 'throw new Error("the fault in question");\n');
  process.kill(need(pidOf(platform.dataDir, "gateway")), "SIGKILL");
  await until("it was tried several times", () =>
    platform.logs().includes("(4 times in a row); starting it again in 1.6 s"),
  );
  expect(platform.logs().split("Error: the fault in question").length - 1).toBe(1);
  expect(await platform.stop()).toBe(0);
});
