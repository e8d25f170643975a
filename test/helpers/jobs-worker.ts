// A worker process for the fault tests. Arguments: Postgres URL, Redis URL, its name, lease in ms, and what its handler
// does: `work` takes 5 ms, `slow` 4 s, `hold` ends only when it is told to, `crash` ends the process, `poison` ends it for
// one of its two types and works for the other.
// Every run writes a row to `runs`, every finished one its job to `effects`: an idempotent effect.
import { setTimeout as delay } from "node:timers/promises";
import { defineJob, type JobRun } from "../../shared/jobs/define.ts";
import { startJobLayer } from "./jobs.ts";

const [databaseUrl = "", redisUrl = "", node = "", leaseMs = "1000", behaviour = "work"] = process.argv.slice(2);
const tell = (message: object) => process.send?.(message);

const takes = { work: 5, slow: 4_000, hold: 60_000, crash: 0 }[behaviour] ?? 5;

const handle = async (run: JobRun, kills = behaviour === "crash"): Promise<void> => {
  await run.deps.db.raw("insert into runs (job_id, node) values (?, ?)", [run.id, node]);
  tell({ started: run.id });
  run.signal.addEventListener("abort", () => tell({ aborted: run.id }));
  if (kills) process.kill(process.pid, "SIGKILL");
  await delay(takes, undefined, { signal: run.signal });
  await run.deps.db.raw("insert into effects (job_id) values (?) on conflict do nothing", [run.id]);
  tell({ finished: run.id });
};

const layer = startJobLayer({
  databaseUrl,
  redisUrl,
  node,
  leaseMs: Number(leaseMs),
  group: "campaigns",
  slots: 20,
  definitions: [
    defineJob({ name: "campaign.launch", attempts: 50, backoffMs: 50, handler: (_input, run) => handle(run) }),
    defineJob({
      name: "campaign.finalize",
      attempts: 2,
      backoffMs: 50,
      handler: (_input, run) => handle(run, behaviour === "crash" || behaviour === "poison"),
    }),
  ],
});
tell({ working: true });

const end = async () => {
  await layer.stop(500);
  process.exit(0);
};
process.on("SIGTERM", () => void end());
process.on("disconnect", () => process.exit());
