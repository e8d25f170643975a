// Redis away, Postgres restarted: every process stays, says that it is not ready, and is ready again soon after.
import { setTimeout as delay } from "node:timers/promises";
import type { Fleet } from "./deployments.ts";
import type { Api } from "./edge.ts";
import { until } from "./outreach.ts";
import type { Stores } from "./stores.ts";

export interface Outage {
  readonly what: string;
  /** Seconds from the moment when the server answered again until every process was ready and the API answered. */
  readonly recoveredAfter: number;
  /** Processes that ended meanwhile. */
  readonly ended: readonly string[];
}

const recoverySeconds = 60;

const allReady = async (fleet: Fleet, api: Api): Promise<boolean> => {
  const health = await Promise.all(fleet.all().map((one) => fleet.health(one, "ipv6")));
  if (health.some((status) => status !== 200)) return false;
  await api("GET", "/auth/me");
  await api("GET", "/campaigns?limit=1");
  return true;
};

const around = async (what: string, fleet: Fleet, api: Api, away: () => Promise<void>): Promise<Outage> => {
  const ended: string[] = [];
  let over = false;
  for (const { service, ended: end } of fleet.all())
    void end.then((how) => {
      if (!over) ended.push(`${service.name} (${how})`);
    });
  await away();
  const back = performance.now();
  await until(`after "${what}" everything is ready again`, recoverySeconds, () => allReady(fleet, api));
  over = true;
  return { what, recoveredAfter: (performance.now() - back) / 1000, ended };
};

/** Takes each away in turn. `seconds` is how long Redis stays away. */
export const playOutages = async (
  fleet: Fleet,
  { redis, postgres }: Stores,
  api: Api,
  seconds: number,
): Promise<readonly Outage[]> => [
  await around(`Redis away for ${seconds} s`, fleet, api, async () => {
    await redis.stop();
    await delay(seconds * 1000);
    await redis.restart();
  }),
  await around("Postgres restarted (fast)", fleet, api, () => postgres.restart("fast")),
  await around("Postgres restarted (immediate)", fleet, api, () => postgres.restart("immediate")),
];
