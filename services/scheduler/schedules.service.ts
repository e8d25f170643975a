// Starts jobs by the clock, and lets people see, change, pause and run schedules. Any number of replicas.
import type { Deps } from "../../shared/broker/deps.ts";
import { service } from "../../shared/broker/service.ts";
import { type SchedulerClock, startClock } from "./clock.ts";
import { resetSchedule, runNow, setPaused, updateSchedule } from "./manage/change-schedule.ts";
import { showSchedule, showSchedules } from "./manage/show-schedules.ts";
import { readTiming, upcoming } from "./manage/timing.ts";
import { schedules } from "./schedules.ts";

let clock: SchedulerClock | undefined;

/** What people see and change goes by the same time as what fires. */
const timed = (deps: Deps): Deps => (clock ? { ...deps, clock: clock.time } : deps);

/** Has this process's clock look again; the others look within seconds, and fire nothing by what they knew before. */
const changed = async <T>(change: Promise<T>): Promise<T> => {
  const answer = await change;
  clock?.look();
  return answer;
};

export default service("schedules", {
  actions: {
    list: (_ctx, deps) => showSchedules(timed(deps)),
    get: (ctx, deps) => showSchedule(timed(deps), ctx.params.name),
    preview: (ctx, deps) => ({ next: upcoming(readTiming(ctx.params), timed(deps).clock.now()) }),
    update: ({ params: { name, ...change } }, deps) => changed(updateSchedule(timed(deps), name, change)),
    reset: (ctx, deps) => changed(resetSchedule(timed(deps), ctx.params.name)),
    pause: (ctx, deps) => changed(setPaused(timed(deps), ctx.params.name, true)),
    resume: (ctx, deps) => changed(setPaused(timed(deps), ctx.params.name, false)),
    run: (ctx, deps) => runNow(timed(deps), ctx.params.name, ctx.meta.caller?.userId),
  },
  async started(deps) {
    clock = await startClock(deps, schedules);
  },
  async stopped() {
    await clock?.stop();
  },
});
