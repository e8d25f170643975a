// Two schedulers whose clocks are five seconds apart, killed and replaced in turn: every slot fires once.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Schedule } from "../../services/scheduler/schedules.ts";
import { connectPostgres, query } from "../../shared/db/knex.ts";
import { until } from "../bench/recipients.ts";
import { leaseMs } from "./job-scene.ts";
import type { Outcome } from "./outcome.ts";
import type { ChaosFlags } from "./run.ts";
import { startServers } from "./servers.ts";

const program = fileURLToPath(new URL("../helpers/scheduler-process.ts", import.meta.url));
const apartMs = 5_000;
const tick: Schedule = {
  ...{ name: "tick", about: "Ticks.", cron: "* * * * * *", timezone: "UTC" },
  ...{ job: "outbox.sweep", overlap: "allow", catchUp: "all" },
};

const countSql = `
  select count(*)::int as slots, (extract(epoch from max(fire_at) - min(fire_at)) + 1)::int as seconds,
    count(j.id)::int as "withJob", (select count(*)::int from jobs.jobs) as jobs,
    (max(drift_ms) / 1000.0)::float8 as latest, count(distinct node)::int as nodes
  from scheduler.schedule_slots s left join jobs.jobs j on j.id = s.job_id and s.outcome = 'fired'`;

interface Counts {
  readonly slots: number;
  readonly seconds: number;
  readonly withJob: number;
  readonly jobs: number;
  readonly latest: number;
  readonly nodes: number;
}

/** One of the two is killed over and over, in turn, while a schedule of every second goes on. */
export const schedulers = async ({ rounds }: ChaosFlags): Promise<Outcome> => {
  const servers = await startServers();
  const db = connectPostgres(servers.postgres.url, 2);
  const running = new Set<ChildProcess>();
  let number = 0;
  const start = async (offMs: number) => {
    const args = [servers.postgres.url, `scheduler-${++number}`, String(offMs), JSON.stringify([tick])];
    const child = fork(program, args, { stdio: ["ignore", "ignore", "inherit", "ipc"] });
    running.add(child);
    child.once("exit", () => running.delete(child));
    await once(child, "message");
    return { child, offMs };
  };
  const end = async (child: ChildProcess, signal: NodeJS.Signals) => {
    const ended = once(child, "exit");
    child.kill(signal);
    await ended;
  };
  const slots = async () =>
    (await query<{ n: number }>(db, "select count(*)::int as n from scheduler.schedule_slots"))[0]?.n ?? 0;
  try {
    const both = [await start(0), await start(-apartMs)];
    for (let round = 0; round < 2 * rounds; round++) {
      const before = await slots();
      await until("slots fire", 60, slots, (now) => now >= before + 3);
      await delay(Math.random() * 1_000);
      const victim = both.shift();
      if (!victim) break;
      await end(victim.child, "SIGKILL");
      both.push(await start(victim.offMs));
    }
    await Promise.all(both.map(({ child }) => end(child, "SIGTERM")));
    const [counts] = await query<Counts>(db, countSql);
    if (!counts) throw new Error("The slots could not be counted");
    return {
      fault: "two schedulers, one of them killed",
      what: `clocks 5 s apart, ${2 * rounds} kills; ${counts.slots} slots`,
      lost: counts.seconds - counts.slots + counts.slots - counts.withJob,
      doubled: counts.jobs - counts.withJob,
      unknown: undefined,
      recoverySeconds: counts.latest,
      recoveryAtMost: (2 * leaseMs) / 1000,
      note: `fired by ${counts.nodes} processes; recovery is the latest slot`,
    };
  } finally {
    for (const child of running) child.kill("SIGKILL");
    await db.destroy();
    await servers.stop();
  }
};
