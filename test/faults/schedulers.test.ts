// Several schedulers at once, real processes on real Postgres: clocks that disagree, and a process that is killed in the
// middle of firing. No slot fires twice, and none is missed.
import { expect, onTestFinished, test } from "vitest";
import type { Schedule } from "../../services/scheduler/schedules.ts";
import { connectPostgres, query } from "../../shared/db/knex.ts";
import { freshDatabase } from "../helpers/infrastructure.ts";
import { startNode, until } from "../helpers/processes.ts";

const tick: Schedule = {
  name: "tick",
  about: "Ticks.",
  cron: "* * * * * *",
  timezone: "UTC",
  job: "outbox.sweep",
  overlap: "allow",
  catchUp: "all",
};

test("two schedulers five seconds apart, one of them killed while it fires: nothing fires twice, nothing is missed", async () => {
  const database = await freshDatabase();
  const db = connectPostgres(database.url, 3);
  onTestFinished(async () => {
    await db.destroy();
    await database.drop();
  });
  const start = (name: string, offMs: number) => {
    const args = ["test/helpers/scheduler-process.ts", database.url, name, String(offMs), JSON.stringify([tick])];
    const child = startNode(args, {});
    onTestFinished(() => child.kill9());
    return { ...child, name };
  };
  const schedulers = [start("ahead", 0), start("behind", -5_000)];
  const slots = () =>
    query<{ fire_at: Date; outcome: string; job_id: string | null; node: string }>(
      db,
      "select fire_at, outcome, job_id, node from scheduler.schedule_slots order by fire_at",
    );
  const further = async (count: number) => {
    const from = (await slots()).length;
    await until(`${count} more slots`, async () => (await slots()).length >= from + count, { everyMs: 100 });
  };
  await until("both hold the clock", () => schedulers.every(({ messages }) => messages.length > 0), { everyMs: 50 });
  await further(2);

  // Jobs cannot be written while this lock is held: whoever fires now has taken its slot and waits.
  const victim = await db.transaction(async (trx) => {
    await trx.raw("lock table jobs.jobs in share mode");
    const waiting = await until(
      "one of them is in the middle of firing",
      async () =>
        (
          await query<{ application_name: string }>(
            db,
            `select application_name from pg_stat_activity
             where datname = current_database() and wait_event_type = 'Lock' and query like 'insert into jobs.jobs%'`,
          )
        )[0]?.application_name,
    );
    const found = schedulers.find(({ name }) => waiting.includes(name));
    await found?.kill9();
    return found;
  });
  expect(victim).toBeDefined();
  await further(2);
  await Promise.all(schedulers.filter((one) => one !== victim).map((one) => one.stop()));

  const fired = await slots();
  const seconds = fired.map(({ fire_at }) => fire_at.getTime() / 1_000);
  expect(seconds).toEqual(seconds.map((_, index) => (seconds[0] ?? 0) + index));
  expect(new Set(fired.map(({ outcome }) => outcome))).toEqual(new Set(["fired"]));
  const jobs = await query<{ id: string }>(db, "select id from jobs.jobs");
  expect(new Set(jobs.map(({ id }) => id))).toEqual(new Set(fired.map(({ job_id }) => job_id)));
  expect(jobs).toHaveLength(fired.length);
  expect(fired.at(-1)?.node).toBe(schedulers.find((one) => one !== victim)?.name);
});
