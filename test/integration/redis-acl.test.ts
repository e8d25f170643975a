// The access list of Redis on a whole house: every group under its own user does all of its work, Redis denies nothing
// that the code asks for, and a user may neither read what is another group's nor empty, configure or list anything.
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { connectRedis } from "../../shared/streams/connections.ts";
import { aclFile, type RedisGroup, redisGroups, usersPerGroup } from "../../shared/streams/redis-access.ts";
import { type House, openHouse } from "../helpers/house.ts";
import { until } from "../helpers/processes.ts";

const passwordOf = (name: string) => `password-of-${name}`;
const hashOf = (name: string) => createHash("sha256").update(passwordOf(name)).digest("hex");
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
let house: House;
let admin: ReturnType<typeof connectRedis>;

const urlFor = (name: string) => house.redis.url.replace("redis://", `redis://${name}:${passwordOf(name)}@`);

/** What was denied since the last look, in words. */
const denied = async (): Promise<string[]> => {
  const entries = (await admin.call("ACL", "LOG")) as (string | number)[][];
  await admin.call("ACL", "LOG", "RESET");
  return entries.map((entry) => {
    const field = (name: string) => entry[entry.indexOf(name) + 1];
    return `${field("username")}: ${field("reason")} ${field("object")}`;
  });
};

const start = (group: RedisGroup) => {
  house.env.REDIS_URL = urlFor(group);
  return house.start(group, [group === "gateway" ? "gateway" : `services/${group}`], false);
};

beforeAll(async () => {
  const file = join(inject("runDir"), "users.acl");
  const users = usersPerGroup.map((user) => ({ ...user, passwordHash: hashOf(user.name) }));
  // The helper that waits for the server uses the default user; production switches it off, as the file says.
  const text = aclFile(users, hashOf("operator")).replace("user default off", "user default on nopass ~* &* +@all");
  writeFileSync(file, text);
  house = await openHouse({ redisConfig: [`aclfile ${file}`, "enable-debug-command local"] });
  admin = connectRedis(urlFor("operator"), "admin", { log: silent });
  for (const group of redisGroups) await start(group);
  await until(
    "every group is ready",
    async () => (await Promise.all([...house.running.values()].map((group) => group.ready()))).every(Boolean),
    { timeoutMs: 90_000, everyMs: 200 },
  );
  await house.signIn();
});
afterAll(async () => {
  admin.disconnect();
  await house.close();
});

test("the whole journey and all upkeep run under these users, and nothing is denied", async () => {
  await house.importPeople(60);
  const campaign = await house.launch();
  expect(await house.ended(campaign)).toMatchObject({ status: "completed", recipients: 60 });
  const { body: schedules } = await house.api("GET", "/schedules");
  for (const { name } of schedules.data)
    expect((await house.api("POST", `/schedules/${name}/run`)).status).toBeLessThan(300);
  const { body: workers } = await house.api("GET", "/workers");
  const drained = workers.data.find(({ groups }: { groups: string[] }) => groups.includes("contacts"))?.node;
  expect((await house.api("POST", `/workers/${drained}/drain`)).status).toBeLessThan(300);
  expect((await house.api("POST", `/workers/${drained}/undrain`)).status).toBeLessThan(300);
  const [account] = (await house.api("GET", "/sender-accounts")).body.data;
  expect((await house.api("POST", `/sender-accounts/${account.id}/test`, { to: "me@example.org" })).status).toBe(200);
  expect((await house.api("GET", "/queues")).status).toBe(200);
  const scheduler = house.running.get("scheduler");
  expect((await fetch(`http://127.0.0.1:${scheduler?.port}/metrics`)).status).toBe(200);
  await until(
    "the upkeep that was asked for is done",
    async () => {
      const live = await Promise.all(["queued", "running"].map((state) => house.api("GET", `/jobs?state=${state}`)));
      return live.every(({ body }) => body.data.length === 0);
    },
    { everyMs: 200 },
  );
  expect(await denied()).toEqual([]);
});

test.each([
  "config get maxmemory",
  "flushall",
  "flushdb",
  "keys *",
  "debug sleep 0",
  "shutdown",
  "acl list",
  "monitor",
  "replicaof no one",
])("no group may %s", async (line) => {
  for (const group of redisGroups) {
    const client = connectRedis(urlFor(group), "probe", { log: silent });
    const [command = "", ...args] = line.split(" ");
    await expect(client.call(command, ...args)).rejects.toThrow(/^NOPERM/);
    client.disconnect();
  }
  await denied();
});

test("no group reads what is another's: sessions, attempts to sign in, jobs", async () => {
  const foreign: readonly (readonly [RedisGroup, ...string[]])[] = [
    ["email", "get", "lc:session:x"],
    ["contacts", "zrange", "lc:sessions:x", "0", "-1"],
    ["campaigns", "del", "lc:login:x"],
    ["scheduler", "set", "lc:session:x", "forged"],
    ["scheduler", "get", "lc:second-factor:challenge:x"],
    ["contacts", "xack", "lc:jobs:email:emails:normal", "email", "0-1"],
    ["gateway", "xdel", "lc:jobs:email:emails:normal", "0-1"],
    ["contacts", "del", "lc:jobs:email:emails:normal"],
    ["sandbox", "hgetall", "lc:tokens:x"],
    ["email", "set", "something:else", "1"],
    ["email", "publish", "lc:tokens-revoked", "x"],
    ["gateway", "publish", "MOL-other.REQ", "x"],
    ["email", "scan", "0"],
  ];
  for (const [group, command = "", ...args] of foreign) {
    const client = connectRedis(urlFor(group), "probe", { log: silent });
    await expect(client.call(command, ...args), `${group} ${command} ${args[0]}`).rejects.toThrow(/^NOPERM/);
    client.disconnect();
  }
  // Inside a script, too, each command is looked at.
  const client = connectRedis(urlFor("email"), "probe", { log: silent });
  await expect(client.eval("return redis.call('GET', 'lc:session:x')", 0)).rejects.toThrow(
    /can't access at least one of the keys/,
  );
  await expect(client.eval("return redis.call('FLUSHALL')", 0)).rejects.toThrow(/can't run this command/);
  client.disconnect();
});
