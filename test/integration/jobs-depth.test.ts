// What relays look at again and again does not grow with what waits: jobs for later, and jobs that are held.
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectPostgres, type Db } from "../../shared/db/knex.ts";
import { lookAhead, takeDueJobs } from "../../shared/jobs/due.ts";
import { hold, unparkJobs } from "../../shared/jobs/holds.ts";
import { freshDatabase } from "../helpers/infrastructure.ts";

let db: Db;
let drop: () => Promise<void>;

/** Half of them for next week, half parked behind a held type; and some due ones of another type. */
const fill = async (waiting: number) => {
  await hold(db, { kind: "type", name: "campaign.launch" }, { userId: null, reason: null });
  await db.raw(
    `insert into jobs.jobs (id, type, group_name, queue, state, input, run_at, published_at)
     select gen_random_uuid(), case when n % 2 = 0 then 'campaign.finalize' else 'campaign.launch' end, 'campaigns',
       'default', case when n % 2 = 0 then 'scheduled' else 'queued' end, '{}',
       now() + case when n % 2 = 0 then interval '7 days' else interval '0' end,
       case when n % 2 = 0 then null else 'infinity'::timestamptz end
     from generate_series(1, ?::int) n`,
    [waiting],
  );
  await db.raw("vacuum analyze jobs.jobs");
};

/** Times that the table of live jobs was read from its start to its end, by this connection's statements so far. */
const wholeReads = async (): Promise<number> => {
  await db.raw("select pg_stat_force_next_flush()");
  const { rows } = await db.raw<{ rows: { n: string }[] }>(
    "select seq_scan as n from pg_stat_all_tables where relid = 'jobs.jobs'::regclass",
  );
  return Number(rows[0]?.n);
};

beforeAll(async () => {
  const database = await freshDatabase();
  // One connection: figures of another one would arrive late.
  db = connectPostgres(database.url, 1);
  drop = async () => {
    await db.destroy();
    await database.drop();
  };
});
afterAll(() => drop());

test("looking for due jobs and for lifted holds never reads all that wait", async () => {
  await fill(50_000);
  const before = await wholeReads();
  expect(await lookAhead(db)).toMatchObject({ due: false, parked: true, holds: "type campaign.launch" });
  expect(await unparkJobs(db, 10)).toBe(0);
  expect((await takeDueJobs(db, 10)).jobs).toEqual([]);
  expect((await wholeReads()) - before).toBe(0);
});

test("jobs that nothing holds any more come back, of that type alone and so many at a time", async () => {
  await db.raw(
    "update jobs.jobs set type = 'campaign.finalize' where id in (select id from jobs.jobs where published_at = 'infinity' limit 5)",
  );
  expect(await unparkJobs(db, 3)).toBe(3);
  expect(await unparkJobs(db, 1_000)).toBe(2);
  expect(await unparkJobs(db, 1_000)).toBe(0);
  expect(await lookAhead(db)).toMatchObject({ due: true, parked: true });
});
