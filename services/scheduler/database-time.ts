// The time by the database's clock, which all replicas share: a machine whose own clock is wrong by hours must neither
// start jobs early nor mark times as decided that have not come.
import type { Deps } from "../../shared/broker/deps.ts";
import type { Clock } from "../../shared/lib/clock.ts";
import { databaseNow } from "./store.ts";

/** Clocks that differ less are right: what is measured over a network is not better than they are. */
const toleratedMs = 1_000;

export interface DatabaseTime {
  readonly clock: Clock;
  /** Compares the clocks again. Throws when Postgres is away. */
  measure(): Promise<void>;
}

/** Until it is measured, the time of this machine. */
export const createDatabaseTime = (deps: Pick<Deps, "db" | "clock" | "log">): DatabaseTime => {
  let offMs = 0;
  const clock: Clock = {
    now: () => new Date(deps.clock.now().getTime() - offMs),
    monotonic: () => deps.clock.monotonic(),
  };
  return {
    clock,
    async measure() {
      const begun = deps.clock.monotonic();
      const before = deps.clock.now().getTime();
      const there = await databaseNow(deps.db);
      const tookMs = deps.clock.monotonic() - begun;
      const off = Math.round(before + tookMs / 2 - there.getTime());
      // A slow answer, or a process that was frozen meanwhile, says nothing about clocks that differ by no more than that.
      if (tookMs > toleratedMs && Math.abs(off) <= toleratedMs + tookMs) return;
      const counts = Math.abs(off) > toleratedMs ? off : 0;
      if (Math.abs(counts - offMs) > toleratedMs)
        deps.log.warn(
          { offMs: counts },
          counts === 0
            ? "this machine's clock agrees with the database's again"
            : "this machine's clock and the database's disagree: schedules go by the database's",
        );
      offMs = counts;
    },
  };
};
