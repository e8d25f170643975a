// What just happened in this process, for the debug page of `npm run dev`: requests, calls, SQL, jobs, events, mails and
// caches, the newest two thousand, in memory. Kept only with LC_DEBUG=1, which production refuses; otherwise `note`
// returns at once. Holds names, times, counts and ids; no values of statements, no bodies, no addresses.
import type { Middleware, ServiceBroker } from "moleculer";
import { config } from "../config.ts";
import { watchStatements } from "../db/knex.ts";
import { currentRequestId } from "./origin.ts";

export type DebugKind = "request" | "call" | "sql" | "job" | "event" | "message" | "mail" | "cache";

export interface DebugEntry {
  readonly kind: DebugKind;
  /** When it ended, Unix ms. */
  readonly at: number;
  readonly node: string;
  /** The request that it happened for; absent for what the platform does by itself. */
  readonly requestId?: string;
  /** What: `GET /contacts`, a statement, a job's type. */
  readonly name: string;
  /** How long it took. */
  readonly ms?: number;
  /** Id of what it is about: a job, an event, a message. */
  readonly id?: string;
  /** What came of it: a status, a count of rows, an outcome. */
  readonly result?: string;
}

const kept = 2_000;
const entries: DebugEntry[] = [];
let node: string | undefined;

/** True when something is noted down here. */
export const isDebugging = (): boolean => node !== undefined;

/** Notes down what happened, for the request in progress unless another is named. */
export const note = (
  kind: DebugKind,
  name: string,
  more: Pick<DebugEntry, "ms" | "id" | "result" | "requestId"> = {},
): void => {
  if (node === undefined) return;
  const requestId = more.requestId ?? currentRequestId();
  entries.push({ kind, at: Date.now(), node, name, ...more, ...(requestId ? { requestId } : {}) });
  // In steps, so that a full buffer does not move with every entry.
  if (entries.length > kept * 1.25) entries.splice(0, entries.length - kept);
};

const shortest = (text: string) => text.replaceAll(/\s+/g, " ").trim().slice(0, 2_000);

/** The action by which the gateway's process collects the entries of all. */
export const entriesAction = "$debug.entries";

/** Broker middleware: begins to note down, and gives the entries out to the debug page. Nothing at all unless LC_DEBUG=1. */
export const debugMiddleware = (): Middleware => ({
  name: "debug",
  created(broker: ServiceBroker) {
    if (!config.debug) return;
    node = broker.nodeID;
    watchStatements(({ text, ms, rows, failed }) => {
      // What the platform does by itself each second would push everything else out.
      if (currentRequestId() === undefined) return;
      note("sql", shortest(text), { ms, result: failed ? "failed" : `${rows} ${rows === 1 ? "row" : "rows"}` });
    });
    broker.createService({
      name: "$debug",
      actions: { entries: { visibility: "public", handler: () => entries.slice(-kept) } },
    });
  },
});
