// Starts jobs by the clock, and lets people see, change, pause and run schedules. Any number of replicas.
import { service } from "../../shared/broker/service.ts";
import { type SchedulerClock, startClock } from "./clock.ts";
import { resetSchedule, runNow, setPaused, updateSchedule } from "./manage/change-schedule.ts";
import { showSchedule, showSchedules } from "./manage/show-schedules.ts";
import { readTiming, upcoming } from "./manage/timing.ts";
import { schedules } from "./schedules.ts";

let clock: SchedulerClock | undefined;

/** Has this process's clock look again; the others look within seconds, and fire nothing by what they knew before. */
const changed = async <T>(change: Promise<T>): Promise<T> => {
  const answer = await change;
  clock?.look();
  return answer;
};

export default service("schedules", {
  actions: {
    list: (_ctx, deps) => showSchedules(deps),
    get: (ctx, deps) => showSchedule(deps, ctx.params.name),
    preview: (ctx, deps) => ({ next: upcoming(readTiming(ctx.params), deps.clock.now()) }),
    update: ({ params: { name, ...change } }, deps) => changed(updateSchedule(deps, name, change)),
    reset: (ctx, deps) => changed(resetSchedule(deps, ctx.params.name)),
    pause: (ctx, deps) => changed(setPaused(deps, ctx.params.name, true)),
    resume: (ctx, deps) => changed(setPaused(deps, ctx.params.name, false)),
    run: (ctx, deps) => runNow(deps, ctx.params.name, ctx.meta.caller?.userId),
  },
  async started(deps) {
    clock = await startClock(deps, schedules);
  },
  async stopped() {
    await clock?.stop();
  },
});
