// Every service replaced by a new deployment of itself, one after the other, while requests come at a steady rate and a
// campaign goes out.
import type { Fleet, Replaced } from "./deployments.ts";
import type { Flags } from "./flags.ts";
import type { Load } from "./load.ts";

export interface Redeploy {
  readonly service: string;
  readonly code: number | string;
  /** Of our own processes: ready although told to end. Caddy does not tell. */
  readonly readyWhileLeaving: boolean;
  /** Seconds from SIGTERM to the end of the old process. */
  readonly drained: number;
}

/** Replaces them all, `rounds` times; `say` hears of each round. */
export const roll = async (
  fleet: Fleet,
  load: Load,
  flags: Flags,
  say: (line: string) => void,
): Promise<Redeploy[]> => {
  const done: Redeploy[] = [];
  const names = fleet.services
    .map(({ name }) => name)
    .filter((name) => flags.only.length === 0 || flags.only.includes(name));
  for (let round = 1; round <= flags.rounds; round++) {
    const began = performance.now();
    const ends: Promise<void>[] = [];
    const note = async (service: string, old: Promise<Replaced>) => {
      const { code, drainedMs, healthWhileLeaving } = await old;
      const ours = fleet.services.some(({ name, kind }) => name === service && kind === "node");
      const readyWhileLeaving = ours && healthWhileLeaving === 200;
      done.push({ service, code, drained: drainedMs / 1000, readyWhileLeaving });
    };
    for (const service of names) {
      load.during(`round ${round}, ${service}`);
      const { old } = await fleet.redeploy(service, flags.overlapSeconds * 1000);
      const end = note(service, old);
      ends.push(end);
      if (!flags.quick) await end;
    }
    await Promise.all(ends);
    say(
      `Round ${round} of ${flags.rounds}: ${names.length} services replaced in ${Math.round((performance.now() - began) / 1000)} s.`,
    );
  }
  load.during("the end");
  return done;
};
