// Requests at a steady rate, whatever becomes of the ones before: reads, writes, pages and files, each with the answer that
// it must get. Whatever else comes is kept with the time and with what was going on.
import { randomBytes } from "node:crypto";
import type { Ask, Edge } from "./edge.ts";

export interface Failure {
  readonly at: string;
  readonly during: string;
  readonly what: string;
  readonly answer: string;
}

export interface Load {
  /** What is going on from now on, for the record of failures. */
  during(what: string): void;
  /** Stops asking, waits for the last answers. */
  stop(): Promise<LoadResult>;
}

export interface LoadResult {
  readonly asked: number;
  readonly failures: readonly Failure[];
  /** Requests a second that were really asked. */
  readonly perSecond: number;
  /** Milliseconds within which half, and 99 of 100, were answered. */
  readonly p50: number;
  readonly p99: number;
}

interface Kind extends Ask {
  readonly expected: number;
}

const kinds = (asset: string): ((headers: Record<string, string>) => Kind)[] => [
  (headers) => ({ path: "/api/v1/contacts?limit=10", headers, expected: 200 }),
  (headers) => ({ path: "/api/v1/campaigns?limit=10", headers, expected: 200 }),
  (headers) => ({ path: "/api/v1/communities", headers, expected: 200 }),
  () => ({ path: "/", headers: { accept: "text/html" }, expected: 200 }),
  (headers) => ({
    method: "POST",
    path: "/api/v1/contacts",
    headers,
    body: { email: `load-${randomBytes(8).toString("hex")}@load.rehearsal.org`, firstName: "Load" },
    expected: 201,
  }),
  (headers) => ({ path: "/api/v1/auth/me", headers, expected: 200 }),
  () => ({ path: asset, expected: 200 }),
  () => ({ path: "/u/not-a-token", expected: 404 }),
  (headers) => ({ path: "/api/v1/sender-accounts", headers, expected: 200 }),
];

const tickMs = 20;

/** Starts asking. `who` are the headers of several callers, used in turn; `asset` is a file of the web app. */
export const startLoad = (
  edge: Edge,
  perSecond: number,
  who: readonly Record<string, string>[],
  asset: string,
): Load => {
  const began = performance.now();
  const failures: Failure[] = [];
  const times: number[] = [];
  const under = new Set<Promise<void>>();
  const all = kinds(asset);
  let asked = 0;
  let during = "the beginning";

  const one = async (number: number): Promise<void> => {
    const kind = (all[number % all.length] as (typeof all)[number])(who[number % who.length] ?? {});
    const from = performance.now();
    const then = during;
    const { status, text, fault } = await edge.ask(kind);
    times.push(performance.now() - from);
    if (status !== kind.expected)
      failures.push({
        at: new Date().toISOString().slice(11, 23),
        during: then,
        what: `${kind.method ?? "GET"} ${kind.path}`,
        answer: `${status} ${fault ?? /"detail":"([^"]{1,100})/.exec(text)?.[1] ?? text.slice(0, 100)}`,
      });
  };
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - began) / 1000) * perSecond);
    for (; asked < due; asked++) {
      const work = one(asked);
      under.add(work);
      void work.finally(() => under.delete(work));
    }
  }, tickMs);

  return {
    during(what) {
      during = what;
    },
    async stop() {
      clearInterval(timer);
      const seconds = (performance.now() - began) / 1000;
      await Promise.all(under);
      times.sort((a, b) => a - b);
      const at = (share: number) => Math.round(times[Math.floor(times.length * share)] ?? 0);
      return { asked, failures, perSecond: asked / seconds, p50: at(0.5), p99: at(0.99) };
    },
  };
};
