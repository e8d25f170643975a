// The drill: two campaigns on their way, a backup, everything killed and both databases lost, a restore with the command.
// Nothing is sent by itself; who was served before the backup is not served again; what was sent after it is said.
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectPostgres, query } from "../../shared/db/knex.ts";
import { connectRedis } from "../../shared/streams/connections.ts";
import { type House, openHouse } from "../helpers/house.ts";
import { hasRealPostgres } from "../helpers/infrastructure.ts";
import { startNode, until } from "../helpers/processes.ts";

const people = 120;
const groups = [
  "gateway",
  ...["contacts", "campaigns", "email", "sandbox", "scheduler"].map((one) => `services/${one}`),
];
const command = resolve(import.meta.dirname, "../../scripts/restore.ts");

describe.skipIf(!hasRealPostgres())("a system that lost everything but its backup", () => {
  let house: House;
  let paused: string;
  let going: string;

  const restore = async (...args: readonly string[]) => {
    const child = startNode([command, ...args], house.env);
    const code = await child.exited;
    return { code, text: child.logs() };
  };
  const accepted = async (id: string) => (await house.stats(id)).states.accepted ?? 0;

  beforeAll(async () => {
    house = await openHouse();
    house.env["LC_BACKUP_DIR"] = join(house.env["LC_DATA_DIR"] ?? "", "kept");
    await house.start("all", groups);
    await house.signIn();
    await house.importPeople(people);
    paused = await house.launch(15);
    await until("a part of it is sent", async () => (await accepted(paused)) >= 10);
    await house.api("POST", `/campaigns/${paused}/pause`, {});
    going = await house.launch(1);
    await until("the other one has begun", async () => (await accepted(going)) >= 2);
    await until("nothing of the paused one is under way", async () => {
      const { states } = await house.stats(paused);
      return !states.handing_off && !states.claimed;
    });
    expect((await house.api("POST", "/backups", {})).status).toBe(202);
    await until("there is a backup", async () => (await house.api("GET", "/backups")).body.newestAt);
    const then = await accepted(going);
    await until("more is sent after it", async () => (await accepted(going)) > then + 1);
    await house.running.get("all")?.kill9();
  });
  afterAll(() => house?.close());

  it("is not restored over a system that is not empty", async () => {
    const { code, text } = await restore("--yes");
    expect([code, text]).toEqual([
      1,
      expect.stringMatching(/^The system is not empty: .* holds 120 contacts, .*--replace postgres/),
    ]);
    const wrong = await restore("--yes", "--replace", "other");
    expect(wrong).toEqual({ code: 1, text: expect.stringMatching(/the database is called postgres/) });
  });

  it("comes back with its campaigns held, and says how many messages wait", async () => {
    const admin = connectPostgres(house.env["DATABASE_URL"] ?? "", 1);
    await query(admin, "create database restored");
    await admin.destroy();
    const redis = connectRedis(house.redis.url, "test");
    await redis.flushall();
    redis.disconnect();
    const url = new URL(house.env["DATABASE_URL"] ?? "");
    url.pathname = "/restored";
    house.env["DATABASE_URL"] = url.href;
    const asked = await restore();
    expect(asked).toEqual({ code: 1, text: expect.stringMatching(/Add --yes to do it without being asked/) });
    const { code, text } = await restore("--from", "latest", "--yes");
    expect([code, text]).toEqual([0, expect.stringMatching(/2 campaigns with \d+ waiting messages? held/)]);
    expect(text).toMatch(/every table is as the backup says/);
  });

  it("sends nothing by itself, and resumed serves everybody once", async () => {
    await house.start("all", groups);
    await house.signIn();
    const { restored, data } = (await house.api("GET", "/backups")).body;
    expect(restored).toMatchObject({ heldCampaigns: 2, resumed: false });
    // No backup holds the list; the restore reads it from where they are.
    expect(data).toEqual([expect.objectContaining({ state: "completed", name: restored.name })]);
    const states = async (id: string) => {
      const { status, heldReason } = (await house.api("GET", `/campaigns/${id}`)).body;
      return [status, heldReason];
    };
    expect([await states(paused), await states(going)]).toEqual(Array(2).fill(["held", "restored"]));
    const sent = await house.mailAddresses(going);
    // The backup knows of fewer: these few would be doubled by going on.
    expect(sent.length).toBeGreaterThan(await accepted(going));

    // What is new goes out, so senders and the clock are at work, and still nothing of the two does.
    const content = { subject: "After the restore", html: "<p>Hello</p>" };
    await house.api("POST", "/messages", { channel: "email", to: "new@example.com", content });
    await until("a new message is sent", async () => (await house.mailsWith("After the restore")) === 1);
    await house.api("POST", "/schedules/campaign.due/run", {});
    await until("the clock's look is over", async () => {
      const { body } = await house.api("GET", "/jobs?type=campaign.due&state=completed&limit=1");
      return body.data.length > 0;
    });
    expect((await house.mailAddresses(going)).sort()).toEqual([...sent].sort());

    await house.api("POST", `/campaigns/${paused}/resume`, {});
    expect((await house.ended(paused)).status).toBe("completed");
    const served = await house.mailAddresses(paused);
    expect([served.length, new Set(served).size]).toEqual([people, people]);
    expect((await house.api("POST", `/campaigns/${going}/cancel`, {})).body.status).toBe("cancelled");
    expect((await house.mailAddresses(going)).length).toBe(sent.length);

    await house.api("POST", "/backups", {});
    await until("both are listed", async () => (await house.api("GET", "/backups")).body.data.length === 2);
  });
});
