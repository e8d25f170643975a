// What happens to a campaign when processes, Redis or Postgres are killed under it: nobody lost, nobody doubled, every
// message that may have been sent is listed. LC_FAULT_PEOPLE makes it bigger for a run by hand.
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type House, openHouse } from "../helpers/house.ts";
import { until } from "../helpers/processes.ts";

const people = Number(process.env.LC_FAULT_PEOPLE ?? 1500);
const kills = Number(process.env.LC_FAULT_KILLS ?? 3);
const big = { timeout: 240_000 + people * 20 };

/** Everybody is accounted for: each accepted once in the mailbox; one that may have been sent at most once. */
const accounted = async (house: House, id: string) => {
  const stats = await house.ended(id, 120_000 + people * 15);
  const seen = new Map<string, number>();
  for (const address of await house.mailAddresses(id)) seen.set(address, (seen.get(address) ?? 0) + 1);
  const unknown = await house.ledger(id, "unknown");
  const doubled = [...seen].filter(([, n]) => n > 1).map(([address]) => address);
  const accepted = await house.ledger(id, "accepted");
  const lost = accepted.filter((address) => (seen.get(address) ?? 0) < 1);
  const total = Object.values(stats.states as Record<string, number>).reduce((a, b) => a + b, 0);
  return { stats, unknown, doubled, lost, total };
};

describe("a campaign under fire", () => {
  let house: House;
  beforeAll(
    async () => {
      house = await openHouse({ leaseSeconds: 8 });
      await house.startAll();
      expect(await house.importPeople(people)).toMatchObject({ status: "completed", inserted: people });
    },
    180_000 + people * 5,
  );
  afterEach(async ({ task }) => {
    if (task.result?.state === "fail") process.stderr.write(`“${task.name}” failed.\n${await house.notes()}\n`);
  });
  afterAll(() => house.close());

  const progress = (id: string, share: number) =>
    until(`${share * 100} % are sent`, async () => (await house.stats(id)).states.accepted >= people * share, {
      timeoutMs: 90_000 + people * 10,
      everyMs: 20,
    });

  test("kill -9 of the email processes, again and again", big, async () => {
    const id = await house.launch();
    for (let i = 1; i <= kills; i++) {
      await progress(id, (i / (kills + 1)) * 0.9);
      const name = i % 2 ? "email" : "email-2";
      await house.running.get(name)?.kill9();
      await house.start(name, ["services/email"], false);
    }
    const { stats, unknown, doubled, lost, total } = await accounted(house, id);
    expect(doubled).toEqual([]);
    expect(lost).toEqual([]);
    expect(total).toBe(people);
    expect(stats.states.accepted + unknown.length).toBe(people);
    expect(unknown.length).toBeLessThanOrEqual(200 * kills);
    expect(stats.status).toBe(unknown.length > 0 ? "held" : "completed");
  });

  test("SIGTERM of the email processes: nothing lost, doubled or unknown", big, async () => {
    const id = await house.launch();
    for (let i = 1; i <= 2; i++) {
      await progress(id, i * 0.3);
      const name = i % 2 ? "email" : "email-2";
      await house.running.get(name)?.stop("SIGTERM");
      await house.start(name, ["services/email"], false);
    }
    const { stats, unknown, doubled, lost } = await accounted(house, id);
    expect({ doubled, lost, unknown }).toEqual({ doubled: [], lost: [], unknown: [] });
    expect(stats).toMatchObject({ status: "completed", states: { accepted: people } });
  });

  test("a frozen email process sends nothing late", big, async () => {
    const id = await house.launch();
    await progress(id, 0.3);
    const frozen = house.running.get("email");
    frozen?.signal("SIGSTOP");
    const { doubled, unknown, stats } = await accounted(house, id);
    frozen?.signal("SIGCONT");
    expect(doubled).toEqual([]);
    expect(stats.states.accepted + unknown.length).toBe(people);
    await until("the frozen process is back", () => frozen?.ready());
    // What it held and had not sent is sent now, and nobody is left behind in a campaign that is held.
    await until("nothing is queued", async () => {
      const { status, states } = await house.stats(id);
      return ["completed", "held"].includes(status) && states.queued === 0;
    });
    const after = await accounted(house, id);
    expect(after.doubled).toEqual([]);
    expect(after.lost).toEqual([]);
    expect(after.stats.states.accepted + after.unknown.length).toBe(people);
  });

  test("Redis killed, started again and flushed in mid-campaign", big, async () => {
    const id = await house.launch();
    await progress(id, 0.2);
    await house.redis.kill9();
    await house.redis.restart();
    await until("the house is back", async () => (await house.api("GET", "/auth/me")).status < 500, { everyMs: 200 });
    const { Redis } = await import("ioredis");
    const client = new Redis(house.redis.url);
    await client.flushall();
    client.disconnect();
    const { stats, unknown, doubled, lost } = await accounted(house, id);
    expect({ doubled, lost, unknown }).toEqual({ doubled: [], lost: [], unknown: [] });
    expect(stats).toMatchObject({ status: "completed", states: { accepted: people } });
  });

  test("Postgres restarted with -m immediate in mid-campaign", big, async () => {
    const id = await house.launch();
    await progress(id, 0.3);
    await house.postgres.restart("immediate");
    const { stats, unknown, doubled, lost, total } = await accounted(house, id);
    expect({ doubled, lost }).toEqual({ doubled: [], lost: [] });
    expect(total).toBe(people);
    expect(stats.states.accepted + unknown.length).toBe(people);
  });

  test("kill -9 of every process at once", big, async () => {
    const id = await house.launch();
    await progress(id, 0.3);
    await Promise.all([...house.running.values()].map((child) => child.kill9()));
    await house.startAll();
    const { stats, unknown, doubled, lost, total } = await accounted(house, id);
    expect({ doubled, lost }).toEqual({ doubled: [], lost: [] });
    expect(total).toBe(people);
    expect(stats.states.accepted + unknown.length).toBe(people);
    expect(unknown.length).toBeLessThanOrEqual(400);
  });
});
