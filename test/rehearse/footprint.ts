// What a deployment costs while nothing happens: its memory and its share of a core, as Linux counts them.
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { processorSeconds, residentMb } from "../bench/footprint/process-facts.ts";
import type { Fleet } from "./deployments.ts";

export interface Footprint {
  readonly service: string;
  /** MB (10^6 bytes) of memory that is resident; and its fair share, where pages that several hold count in parts. */
  readonly residentMb: number;
  readonly shareMb: number;
  /** Share of one core while idle, in percent. */
  readonly cpuPercent: number;
}

const shareMb = (pid: number): number => {
  const kibibytes = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1];
  return (Number(kibibytes ?? 0) * 1024) / 1e6;
};

/** Looks at every deployment for so many seconds. */
export const measureFootprint = async (fleet: Fleet, seconds: number): Promise<readonly Footprint[]> => {
  const before = fleet.all().map((one) => ({ one, cpu: processorSeconds(one.pid), at: performance.now() }));
  await delay(seconds * 1000);
  return before.map(({ one, cpu, at }) => ({
    service: one.service.name,
    residentMb: Math.round(residentMb(one.pid)),
    shareMb: Math.round(shareMb(one.pid)),
    cpuPercent: Math.round(((processorSeconds(one.pid) - cpu) / ((performance.now() - at) / 1000)) * 10_000) / 100,
  }));
};
