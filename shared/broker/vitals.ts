// What the parts of a process tell of themselves: each worker, sender and relay adds itself here, and presence.ts
// announces the sum. A part that claims work is also told here when an operator drains the process.
import type { Deps } from "./deps.ts";

export interface RunningJob {
  readonly id: string;
  readonly type: string;
  /** Milliseconds that it has been running. */
  readonly ms: number;
}

/** The job worker of one deployment group. */
export interface JobsVital {
  readonly group: string;
  readonly slots: number;
  readonly running: number;
  /** Claimed, and waiting for a slot here. */
  readonly waiting: number;
  /** Ended, and not written to Postgres yet. */
  readonly unwritten: number;
  /** The longest-running first, at most 50. */
  readonly jobs: readonly RunningJob[];
}

/** One way out of a sender: a provider, or one server of a pool. */
export interface ProviderVital {
  readonly name: string;
  /** `trying`: it was broken, and one call finds out whether it still is. */
  readonly state: "ok" | "pausing" | "broken" | "trying";
  /** Milliseconds until it is asked again; 0 when it may be asked now. */
  readonly waitMs: number;
  readonly underWay: number;
  readonly concurrency: number;
  /** What it said when it last said no, without addresses; null when it has not. */
  readonly said: string | null;
}

/** The sender of one channel. */
export interface SenderVital {
  readonly channel: "email" | "sms" | "call";
  readonly inFlight: number;
  /** Claimed, and waiting for their turn here. */
  readonly ready: number;
  /** Taken by a provider since the process began. */
  readonly sent: number;
  /** Taken by a provider a second, over about the last seconds. */
  readonly perSecond: number;
  readonly domainRates: readonly { readonly domain: string; readonly perSecond: number }[];
  readonly providers: readonly ProviderVital[];
}

export interface RelayVital {
  /** Milliseconds since it last looked through Postgres for due work; grows while Postgres is away. */
  readonly silentMs: number;
}

export interface Vitals {
  readonly jobs: readonly JobsVital[];
  readonly senders: readonly SenderVital[];
  readonly relay: RelayVital | null;
}

/** A part of a process. */
export interface Part {
  readonly jobs?: () => JobsVital;
  readonly sender?: () => SenderVital;
  readonly relay?: () => RelayVital;
  /** True: claim nothing more and give back what has not begun; what runs goes on. False: carry on. */
  readonly drain?: (draining: boolean) => void;
}

interface Body {
  readonly parts: Set<Part>;
  draining: boolean;
}

const bodies = new WeakMap<object, Body>();

const bodyOf = (deps: Deps): Body => {
  const known = bodies.get(deps);
  if (known) return known;
  const body: Body = { parts: new Set(), draining: false };
  bodies.set(deps, body);
  return body;
};

/** Adds a part of this process, told at once when the process is draining; the answer takes it out again. */
export const addPart = (deps: Deps, part: Part): (() => void) => {
  const { parts, draining } = bodyOf(deps);
  parts.add(part);
  if (draining) part.drain?.(true);
  return () => {
    parts.delete(part);
  };
};

/** Tells every part whether the process drains. Saying the same twice does nothing. */
export const setDraining = (deps: Deps, draining: boolean): void => {
  const body = bodyOf(deps);
  if (body.draining === draining) return;
  body.draining = draining;
  for (const part of body.parts) part.drain?.(draining);
};

/** What all parts of the process tell right now. */
export const vitalsOf = (deps: Deps): Vitals => {
  const parts = [...bodyOf(deps).parts];
  return {
    jobs: parts.flatMap((part) => part.jobs?.() ?? []),
    senders: parts.flatMap((part) => part.sender?.() ?? []),
    relay: parts.flatMap((part) => part.relay?.() ?? []).at(0) ?? null,
  };
};
