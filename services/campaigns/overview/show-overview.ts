// The Overview's figures. The counts over two weeks of messages are shared for some seconds, so that many open pages
// cost one query; what waits for somebody is looked up anew each time.
import type { z } from "zod";
import type { Deps } from "../../../shared/broker/deps.ts";
import type { overview } from "../../../shared/contracts/overview.ts";
import { sampleCampaigns } from "../../../shared/lib/sample/sample-content.ts";
import { singleDispatch } from "../../../shared/messaging/dispatches.ts";
import { countPeriods, type PeriodCounts, unknownBySource } from "../../../shared/messaging/period-counts.ts";
import { defaultSender } from "../../../shared/messaging/sender-accounts.ts";
import { anyMessage } from "../../../shared/messaging/source-ledger.ts";
import { launchProblems } from "../campaigns/preflight.ts";
import { anyLaunched, heldCampaigns, startingCampaigns } from "./store.ts";

type Overview = z.infer<typeof overview.actions.show.result>;

const DAY = 86_400_000;
const DAYS = 7;
/** A count is shared so long, and so many times as long as it took: it never takes more than some percent of Postgres. */
const SHARED_MS = 10_000;
const TIMES_AS_LONG = 30;
/** A caller's day began at most so long ago, wherever on earth it is, and with a changed clock. */
const LONGEST_DAY = 26 * 3_600_000;

interface Counted {
  readonly counts: Promise<PeriodCounts>;
  /** Monotonic milliseconds until which it is shared; for ever while it is counted. */
  until: number;
}
const shared = new WeakMap<Deps["db"], Map<string, Counted>>();

const counted = (deps: Deps, today: Date): Promise<PeriodCounts> => {
  const byDay = shared.get(deps.db) ?? new Map<string, Counted>();
  shared.set(deps.db, byDay);
  const key = [today.toISOString(), ...[...(deps.scope?.communities ?? [])].sort()].join();
  const began = deps.clock.monotonic();
  for (const [day, { until }] of byDay) if (began >= until) byDay.delete(day);
  const known = byDay.get(key);
  if (known) return known.counts;
  const entry: Counted = {
    counts: countPeriods(deps.db, { now: deps.clock.now(), today, days: DAYS, scope: deps.scope }),
    until: Number.POSITIVE_INFINITY,
  };
  byDay.set(key, entry);
  entry.counts.then(
    () => {
      const now = deps.clock.monotonic();
      entry.until = now + Math.max(SHARED_MS, (now - began) * TIMES_AS_LONG);
    },
    () => byDay.delete(key),
  );
  return entry.counts;
};

/** Where the day begins: as the caller says, as long as that is within the last day. */
const dayOf = (now: Date, today: string | undefined): Date => {
  const midnight = new Date(Math.floor(now.getTime() / DAY) * DAY);
  if (today === undefined) return midnight;
  const given = new Date(today);
  const age = now.getTime() - given.getTime();
  return age >= 0 && age <= LONGEST_DAY ? given : midnight;
};

/** Everything the Overview shows, but campaigns under way, which have numbers of their own. */
export const showOverview = async (deps: Deps, params: { readonly today?: string | undefined }): Promise<Overview> => {
  const now = deps.clock.now();
  const [counts, held, next, sender, tested, launched] = await Promise.all([
    counted(deps, dayOf(now, params.today)),
    heldCampaigns(deps.db, deps.scope),
    startingCampaigns(deps.db, new Date(now.getTime() + DAY), deps.scope),
    defaultSender(deps.db, "email"),
    anyMessage(deps.db, singleDispatch.transactional, deps.scope),
    anyLaunched(deps.db, sampleCampaigns.finished.id, deps.scope),
  ]);
  const singles = Object.values(singleDispatch);
  const unknown = await unknownBySource(deps.db, [...held.map(({ id }) => id), ...singles], deps.scope);
  return {
    today: [...counts.today],
    days: DAYS,
    period: counts.period,
    previous: counts.previous,
    attention: {
      held: held.map((campaign) => ({ ...campaign, unknown: unknown.get(campaign.id) ?? 0 })),
      unknownSingles: singles.reduce((sum, id) => sum + (unknown.get(id) ?? 0), 0),
      problems: launchProblems(sender),
    },
    next: next.map(({ at, ...campaign }) => ({ ...campaign, at: at.toISOString() })),
    firstSteps: { tested, launched },
  };
};
