// What operators see of processes and providers, put together from what the processes say of themselves in Redis and
// what is leased to them in Postgres.
import type { Deps } from "../../../shared/broker/deps.ts";
import { type KnownWorker, listWorkers } from "../../../shared/broker/workers.ts";
import { fail } from "../../../shared/contracts/errors.ts";
import type { Provider, Worker } from "../../../shared/contracts/workers.ts";
import { heldByNode } from "../../../shared/jobs/held-by.ts";

const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);

const shown = ({ announcement, alive }: KnownWorker, held: ReadonlyMap<string, number>): Worker => {
  const { at, relay, state, jobs, senders, ...rest } = announcement;
  return {
    ...rest,
    state: alive ? state : "gone",
    seenAt: at,
    relaySilentMs: relay?.silentMs ?? null,
    slots: sum(jobs.map(({ slots }) => slots)),
    running: alive ? sum(jobs.map(({ running }) => running)) : 0,
    held: held.get(announcement.node) ?? 0,
    jobs: [...jobs].map((each) => ({ ...each, jobs: alive ? [...each.jobs] : [] })),
    senders: senders.map(({ domainRates: _limits, providers, ...each }) => ({ ...each, providers: [...providers] })),
    groups: [...rest.groups],
    services: [...rest.services],
  };
};

/** Every process, those that vanished last. */
export const showWorkers = async (deps: Deps): Promise<Worker[]> => {
  const [known, held] = await Promise.all([listWorkers(deps.redis, deps.clock.now()), heldByNode(deps.db)]);
  return known.map((worker) => shown(worker, held));
};

/** One process. Throws WORKER_NOT_FOUND. */
export const showWorker = async (deps: Deps, node: string): Promise<Worker> => {
  const found = (await showWorkers(deps)).find((worker) => worker.node === node);
  if (!found)
    throw fail(
      "WORKER_NOT_FOUND",
      `No process is named ${node}. The list of workers has those that live, and for ten minutes those that vanished.`,
    );
  return found;
};

const worst = ["ok", "trying", "pausing", "broken"] as const;

/** Providers by channel and name, over all living processes, with the limits that those have. */
export const showProviders = async (
  deps: Deps,
): Promise<{ data: Provider[]; domainRates: { domain: string; perSecond: number }[] }> => {
  const living = (await listWorkers(deps.redis, deps.clock.now())).filter(({ alive }) => alive);
  const byName = new Map<string, Provider>();
  const rates = new Map<string, number>();
  for (const { announcement } of living)
    for (const { channel, providers, domainRates } of announcement.senders) {
      for (const { domain, perSecond } of domainRates) rates.set(domain, perSecond);
      for (const here of providers) {
        const key = `${channel} ${here.name}`;
        const known = byName.get(key);
        byName.set(key, {
          name: here.name,
          channel,
          state: known && worst.indexOf(known.state) > worst.indexOf(here.state) ? known.state : here.state,
          waitMs: Math.max(here.waitMs, known?.waitMs ?? 0),
          underWay: here.underWay + (known?.underWay ?? 0),
          concurrency: here.concurrency + (known?.concurrency ?? 0),
          said: here.said ?? known?.said ?? null,
          nodes: [...(known?.nodes ?? []), announcement.node],
        });
      }
    }
  return {
    data: [...byName.values()].sort((a, b) => (`${a.channel} ${a.name}` < `${b.channel} ${b.name}` ? -1 : 1)),
    domainRates: [...rates].map(([domain, perSecond]) => ({ domain, perSecond })),
  };
};
