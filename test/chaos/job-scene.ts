// A scene for faults at the job layer: servers of its own, worker processes that write down every run and every effect,
// somebody who enqueues all the time, and the count of what became of it all.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { connectPostgres, type Db, query } from "../../shared/db/knex.ts";
import { enqueueMany } from "../../shared/jobs/enqueue.ts";
import { makeId } from "../../shared/lib/ids.ts";
import { until } from "../bench/recipients.ts";
import type { Outcome } from "./outcome.ts";
import { type Servers, startServers } from "./servers.ts";

/** Lease of the workers, in ms; twice that is the time to recover. */
export const leaseMs = 5_000;
const workerProgram = fileURLToPath(new URL("../helpers/jobs-worker.ts", import.meta.url));

export type Behaviour = "work" | "hold" | "poison";

export interface Worker {
  readonly child: ChildProcess;
  /** Resolves when it has begun so many runs; rejects after a minute. */
  began(count: number): Promise<void>;
  /** Sends a signal and resolves when it has ended. */
  end(signal: "SIGKILL" | "SIGTERM"): Promise<void>;
}

export interface JobScene {
  readonly servers: Servers;
  readonly db: Db;
  startWorker(behaviour?: Behaviour, lease?: number): Promise<Worker>;
  /** Enqueues so many; the ids of those that Postgres acknowledged count from now on. Rejects when it did not. */
  add(count: number): Promise<void>;
  completed(): Promise<number>;
  /** Enqueues `count` in pieces of 500 while `fault` happens again and again; a piece that is refused is tried again. */
  under(count: number, fault: () => Promise<void>, times: number): Promise<void>;
  /** The fault is over now: what waited should go on. */
  over(): void;
  /**
   * Waits until every acknowledged job is done, and counts. `outage`: nothing could go on until `over` was called, so
   * only the time from then on counts as recovery.
   */
  outcome(fault: string, what: string, outage?: boolean): Promise<Outcome>;
  close(): Promise<void>;
}

const countSql = `
  with ran as (select job_id, min(at) as first, count(*) as n from runs group by job_id),
  done as (select id, count(*) as n from jobs.history where state = 'completed' group by id),
  -- A job may have been interrupted several times, also between claim and run: each interruption has its share.
  interrupted as (select (h.finished_at - ran.first) / (h.attempts - 1) as took from jobs.history h
    join ran on ran.job_id = h.id where h.attempts > 1 and h.state = 'completed')
  select (select count(*) from done)::int as completed, (select coalesce(sum(n - 1), 0) from done)::int as doubled,
    (select count(*) from effects)::int as effects, (select sum(n - 1) from ran)::int as again,
    (select coalesce(extract(epoch from max(took)), 0)::float8 from interrupted) as longest`;

interface Counts {
  readonly completed: number;
  readonly doubled: number;
  readonly effects: number;
  readonly again: number;
  readonly longest: number;
}

/** Opens a scene; `smallMb` as in startServers. */
export const openJobScene = async (smallMb?: number): Promise<JobScene> => {
  const servers = await startServers(smallMb);
  const db = connectPostgres(servers.postgres.url, 4);
  await db.raw(`create table runs (job_id uuid, node text, at timestamptz not null default clock_timestamp());
    create table effects (job_id uuid primary key)`);
  const acknowledged = new Set<string>();
  const workers = new Set<ChildProcess>();
  const overAt: number[] = [];
  let workerNumber = 0;

  const add = async (count: number) => {
    const inputs = Array.from({ length: count }, () => ({ campaignId: makeId() }));
    for (const id of await db.transaction((trx) => enqueueMany(trx, "campaign.launch", inputs))) acknowledged.add(id);
  };
  const completed = async () =>
    (await query<{ n: number }>(db, "select count(*)::int as n from jobs.history where state = 'completed'"))[0]?.n ??
    0;

  return {
    servers,
    db,
    add,
    completed,
    async startWorker(behaviour = "work", lease = leaseMs) {
      const args = [servers.postgres.url, servers.redis.url, `worker-${++workerNumber}`, String(lease), behaviour];
      const child = fork(workerProgram, args, { stdio: ["ignore", "ignore", "ignore", "ipc"] });
      workers.add(child);
      child.once("exit", () => workers.delete(child));
      let began = 0;
      child.on("message", (message: { started?: string }) => {
        if (message.started) began++;
      });
      await once(child, "message");
      return {
        child,
        async began(count) {
          for (const deadline = Date.now() + 60_000; began < count; await delay(2))
            if (Date.now() > deadline) throw new Error(`The worker began ${began} runs instead of ${count}`);
        },
        async end(signal) {
          const ended = once(child, "exit");
          child.kill(signal);
          await ended;
        },
      };
    },
    async under(count, fault, times) {
      let added = 0;
      let faults = 0;
      const enqueueing = (async () => {
        while (added < count) {
          const size = Math.min(500, count - added);
          // Not faster than the faults come, so that each meets work.
          await until("room for more", 600, completed, (done) => done >= added - 2_000 || faults >= times).catch(
            () => 0,
          );
          await add(size).then(
            () => {
              added += size;
            },
            () => delay(100),
          );
        }
      })();
      for (; faults < times; faults++) await fault();
      await enqueueing;
    },
    over: () => void overAt.push(Date.now()),
    async outcome(fault, what, outage = false) {
      await until("all jobs are done", 300, completed, (done) => done >= acknowledged.size);
      const ids = await query<{ id: string }>(db, "select id from jobs.history where state = 'completed'");
      const done = new Set(ids.map(({ id }) => id));
      const lost = [...acknowledged].filter((id) => !done.has(id)).length;
      const [counts] = await query<Counts>(db, countSql);
      if (!counts) throw new Error("The scene could not be counted");
      const pauses: number[] = [];
      for (const at of overAt) {
        const [row] = await query<{ seconds: number | null }>(
          db,
          "select extract(epoch from min(finished_at) - to_timestamp(?))::float8 as seconds from jobs.history where finished_at > to_timestamp(?)",
          [at / 1000, at / 1000],
        );
        if (typeof row?.seconds === "number") pauses.push(row.seconds);
      }
      return {
        fault,
        what: `${what}; ${acknowledged.size.toLocaleString("en")} jobs`,
        lost: lost + Math.max(0, counts.completed - counts.effects),
        doubled: counts.doubled,
        unknown: undefined,
        recoverySeconds: Math.max(outage ? 0 : counts.longest, ...pauses),
        recoveryAtMost: (2 * leaseMs) / 1000,
        note: `${counts.again.toLocaleString("en")} runs were repeated`,
      };
    },
    async close() {
      const ending = [...workers].map((child) => once(child, "exit"));
      for (const child of workers) child.kill("SIGKILL");
      await Promise.all(ending);
      await db.destroy();
      await servers.stop();
    },
  };
};
