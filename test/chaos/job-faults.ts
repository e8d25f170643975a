// Faults at the job layer: workers killed, frozen and stopped, Redis emptied and killed, Postgres crashed and full.
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { rmSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { query } from "../../shared/db/knex.ts";
import { enqueue } from "../../shared/jobs/enqueue.ts";
import { makeId } from "../../shared/lib/ids.ts";
import { connectRedis } from "../../shared/streams/connections.ts";
import { until } from "../bench/recipients.ts";
import { type JobScene, openJobScene } from "./job-scene.ts";
import type { Outcome } from "./outcome.ts";
import type { ChaosFlags } from "./run.ts";

const between = (least: number, most: number) => least + Math.random() * (most - least);

const inScene = async (work: (scene: JobScene) => Promise<Outcome>, smallMb?: number): Promise<Outcome> => {
  const scene = await openJobScene(smallMb);
  try {
    return await work(scene);
  } finally {
    await scene.close();
  }
};

/** kill -9 of a worker in the middle of its jobs, over and over; another goes on all the time. */
export const kill = ({ jobs, kills }: ChaosFlags) =>
  inScene(async (scene) => {
    await scene.startWorker();
    for (let done = 0; done < kills; done++) {
      const victim = await scene.startWorker();
      await scene.add(Math.ceil(jobs / kills));
      await victim.began(1);
      await delay(between(0, 20));
      await victim.end("SIGKILL");
    }
    return scene.outcome("kill -9 of a worker mid-job", `${kills} times`);
  });

const redisFault =
  (fault: string, times: (flags: ChaosFlags) => number, act: (scene: JobScene) => Promise<void>) =>
  (flags: ChaosFlags) =>
    inScene(async (scene) => {
      await scene.startWorker();
      await scene.startWorker();
      await scene.under(
        flags.jobs,
        async () => {
          const before = await scene.completed();
          await until("some are done", 120, scene.completed, (done) => done > before + 100).catch(() => 0);
          await act(scene);
          scene.over();
          await delay(500);
        },
        times(flags),
      );
      return scene.outcome(fault, `${times(flags)} times under load`);
    });

const silent = { debug() {}, info() {}, warn() {}, error() {} };

export const flush = redisFault(
  "FLUSHALL of Redis",
  ({ rounds }) => rounds,
  async ({ servers }) => {
    const redis = connectRedis(servers.redis.url, "chaos", { log: silent });
    await redis.flushall();
    redis.disconnect();
  },
);

export const redis = redisFault(
  "kill -9 of Redis, back after 2 s",
  ({ rounds }) => rounds,
  async ({ servers }) => {
    await servers.redis.kill9();
    await delay(2_000);
    await servers.redis.restart();
  },
);

export const postgres = redisFault(
  "Postgres -m immediate",
  ({ rounds }) => rounds,
  async ({ servers, db }) => {
    await servers.postgres.restart("immediate");
    await until(
      "it answers",
      60,
      () =>
        db.raw("select 1").then(
          () => true,
          () => false,
        ),
      Boolean,
    );
  },
);

/** A worker is frozen for longer than its lease while it holds jobs, and thawed. */
export const freeze = ({ rounds }: ChaosFlags) =>
  inScene(async (scene) => {
    for (let round = 0; round < rounds; round++) {
      const frozen = await scene.startWorker("hold");
      const before = await scene.completed();
      await scene.add(16);
      await frozen.began(16);
      frozen.child.kill("SIGSTOP");
      const other = await scene.startWorker();
      await until("the other has done them", 60, scene.completed, (done) => done >= before + 16);
      frozen.child.kill("SIGCONT");
      await delay(1_000);
      await frozen.end("SIGTERM");
      await other.end("SIGTERM");
    }
    await scene.startWorker();
    return scene.outcome("SIGSTOP past the lease, then SIGCONT", `${rounds} times`);
  });

/** Jobs that kill whichever worker takes them, among others: they fail alone, and the others are done. */
export const poison = ({ jobs, rounds }: ChaosFlags) =>
  inScene(async (scene) => {
    let over = false;
    let deaths = 0;
    const work = async () => {
      for (;;) {
        const { child } = await scene.startWorker("poison");
        await once(child, "exit");
        if (over) return;
        deaths++;
      }
    };
    // Not waited for at the end: one that is just starting is ended with the scene, and says nothing any more.
    void work();
    void work();
    const ids: (string | undefined)[] = [];
    const dead = async () => {
      const sql = `select count(*)::int as n from jobs.history
        where state = 'failed' and attempts = 2 and errors -> -1 ->> 'class' = 'WorkerDied' and id = any(?::uuid[])`;
      return (await query<{ n: number }>(scene.db, sql, [ids]))[0]?.n ?? 0;
    };
    const play = async () => {
      for (let round = 0; round < rounds; round++) {
        await scene.add(Math.ceil(jobs / rounds));
        const poisoned = { campaignId: makeId() };
        ids.push(await scene.db.transaction((trx) => enqueue(trx, "campaign.finalize", poisoned)));
        await until("it has killed both its workers and failed", 120, dead, (count) => count > round);
      }
      return scene.outcome("jobs that kill their worker", `${rounds} among others`);
    };
    const outcome = await play().finally(() => {
      over = true;
    });
    const lost = outcome.lost + ids.length - (await dead());
    return { ...outcome, lost, note: `${deaths} workers died, the poison failed; ${outcome.note}` };
  });

/** A worker is stopped while 10,000 jobs are queued and running. */
export const stop = ({ quick }: ChaosFlags) =>
  inScene(async (scene) => {
    const queued = quick ? 2_000 : 10_000;
    const worker = await scene.startWorker("hold", 30_000);
    await scene.add(queued);
    await worker.began(16);
    const begun = performance.now();
    await worker.end("SIGTERM");
    const seconds = (performance.now() - begun) / 1000;
    await scene.startWorker();
    await scene.startWorker();
    const outcome = await scene.outcome(
      "SIGTERM with jobs queued and running",
      `${queued.toLocaleString("en")} queued`,
    );
    return { ...outcome, note: `stopped after ${seconds.toFixed(1)} s; ${outcome.note}` };
  });

/** Postgres runs out of disk while jobs are enqueued and done, and gets room again. */
export const disk = () => {
  if (process.getuid?.() !== 0) throw new Error("It takes root to make a small file system; leave it out with --only");
  return inScene(async (scene) => {
    const { servers } = scene;
    await scene.startWorker();
    await scene.startWorker();
    await scene.add(1_000);
    const { bavail, bsize } = statfsSync(servers.folder);
    const ballast = join(servers.folder, "ballast");
    execFileSync("fallocate", ["-l", String(Math.max(1, bavail * bsize - (2 << 20))), ballast]);
    let refused = 0;
    for (let pieces = 0; refused < 20 && pieces < 2_000; pieces++)
      await scene.add(500).catch(async () => {
        refused++;
        // Whatever is left goes too: the disk is really full.
        await delay(250);
      });
    rmSync(ballast);
    // A Postgres that cannot write its log ends itself; whoever runs it starts it again.
    await servers.postgres.restart("immediate");
    await until(
      "it answers",
      60,
      () =>
        scene.db.raw("select 1").then(
          () => true,
          () => false,
        ),
      Boolean,
    );
    scene.over();
    await scene.add(1_000);
    if (refused === 0) throw new Error("The disk never was full: nothing was refused");
    const outcome = await scene.outcome("disk of Postgres full", "until 20 enqueues were refused", true);
    return {
      ...outcome,
      recoverySeconds: outcome.recoverySeconds,
      note: `${refused} enqueues refused; ${outcome.note}`,
    };
  }, 400);
};
