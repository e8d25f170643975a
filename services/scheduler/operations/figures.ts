// The figures behind the view of queues, read once for all who look: depths, the last minute, the last day.
import type { z } from "zod";
import type { Deps } from "../../../shared/broker/deps.ts";
import type { JobType } from "../../../shared/contracts/queues.ts";
import { depthsByType, type TypeDepth } from "../../../shared/jobs/depths.ts";
import { liveSeconds, liveStats } from "../../../shared/jobs/live-stats.ts";
import { endsOfDay, type RecentEnds } from "../../../shared/jobs/series.ts";
import type { TypeTotals } from "../../../shared/jobs/stats.ts";
import { summaryOf } from "../../../shared/lib/histogram.ts";
import { sharedRead } from "../../../shared/lib/shared-read.ts";

export interface Figures {
  readonly depths: readonly TypeDepth[];
  /** Null while Redis is away. */
  readonly live: ReadonlyMap<string, TypeTotals> | null;
  readonly day: readonly RecentEnds[];
}

const readersOf = new WeakMap<Deps, () => Promise<Figures>>();

const createReader = (deps: Deps): (() => Promise<Figures>) => {
  const { monotonic: now } = deps.clock;
  const depths = sharedRead(() => depthsByType(deps.db), { leastMs: 500, now });
  const day = sharedRead(() => endsOfDay(deps.db), { leastMs: 15_000, mostMs: 120_000, now });
  const live = sharedRead(() => liveStats(deps.redis, deps.clock.now().getTime()).catch(() => null), {
    leastMs: 500,
    now,
  });
  return async () => {
    const [found, ended, recent] = await Promise.all([depths(), day(), live()]);
    return { depths: found, day: ended, live: recent };
  };
};

/** The figures of now, at most half a second old; older where reading them takes long. Throws when Postgres is away. */
export const readFigures = (deps: Deps): Promise<Figures> => {
  let read = readersOf.get(deps);
  if (!read) {
    read = createReader(deps);
    readersOf.set(deps, read);
  }
  return read();
};

type LiveView = z.input<typeof JobType>["live"];

/** The last minute as the API shows it, beside how many jobs are due. */
export const liveView = (totals: TypeTotals, due: number): NonNullable<LiveView> => {
  const { completed, failed, retried } = totals.ends;
  const perSecond = (completed + failed) / liveSeconds;
  return {
    completed,
    failed,
    retried,
    perSecond: Math.round(perSecond * 100) / 100,
    backlogSeconds: due === 0 ? 0 : perSecond === 0 ? null : Math.round(due / perSecond),
    wait: summaryOf(totals.wait),
    run: summaryOf(totals.run),
  };
};
