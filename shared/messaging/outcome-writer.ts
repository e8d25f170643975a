// Collects outcomes and writes them in group commits: every 20 ms or 100 rows, whichever comes first.
// While Postgres is away outcomes wait in memory; a process that dies with them leaves `unknown`, never a wrong word.
import { setTimeout as delay } from "node:timers/promises";
import type { Log } from "../broker/deps.ts";
import { countMetric } from "../broker/metrics.ts";
import type { ConsentChannel } from "../consent/consents.ts";
import type { Db } from "../db/knex.ts";
import { type MessageOutcome, type OutcomePolicy, recordOutcomes } from "./outcomes.ts";

export interface OutcomeWriter {
  add(outcome: MessageOutcome): void;
  /** Resolves when everything added so far is written, or rejects at the deadline. */
  flush(deadlineMs: number): Promise<void>;
}

const FLUSH_MS = 20;
const FLUSH_ROWS = 100;

export const createOutcomeWriter = (
  deps: { readonly db: Db; readonly log: Log },
  channel: ConsentChannel,
  policy: OutcomePolicy,
  /** Hears of each batch, and of the ids among it that counted: the others were decided by somebody else. */
  written: (outcomes: readonly MessageOutcome[], counted: ReadonlySet<string>) => void,
): OutcomeWriter => {
  let waiting: MessageOutcome[] = [];
  let timer: NodeJS.Timeout | undefined;
  let writing = 0;
  let idle: (() => void)[] = [];

  /** Postgres will never take it, however often it is asked (SQLSTATE class 22: data exception). */
  const isRefused = (error: unknown) => /^22/.test(String((error as { code?: unknown }).code));

  const write = async (batch: readonly MessageOutcome[]): Promise<ReadonlySet<string>> => {
    for (let failures = 0; ; failures++) {
      try {
        const counted = await recordOutcomes(deps.db, channel, batch, policy);
        for (const [outcome, written] of Map.groupBy(batch, (one) => one.outcome.kind))
          countMetric("lc_messages_total", { channel, outcome }, written.length);
        return counted;
      } catch (error) {
        if (isRefused(error)) {
          if (batch.length > 1) {
            const first = await write(batch.slice(0, batch.length >> 1));
            return new Set([...first, ...(await write(batch.slice(batch.length >> 1)))]);
          }
          deps.log.error(`the outcome of message ${batch[0]?.id} cannot be written: ${(error as Error).message}`);
          return new Set();
        }
        if (failures === 0) deps.log.warn(`outcomes wait to be written: ${(error as Error).message}`);
        await delay(Math.min(2_000, 100 * 2 ** failures));
      }
    }
  };

  const start = () => {
    if (timer) clearTimeout(timer);
    timer = undefined;
    while (waiting.length > 0 && writing < 1) {
      const batch = waiting.slice(0, FLUSH_ROWS * 2);
      waiting = waiting.slice(batch.length);
      writing++;
      write(batch).then((counted) => {
        writing--;
        written(batch, counted);
        // A small rest waits for its timer: fewer, fuller statements.
        if (waiting.length >= FLUSH_ROWS || idle.length > 0) start();
        else if (waiting.length > 0) timer ??= setTimeout(start, FLUSH_MS);
        if (waiting.length === 0 && writing === 0) {
          for (const done of idle) done();
          idle = [];
        }
      });
    }
  };

  return {
    add(outcome) {
      waiting.push(outcome);
      if (waiting.length >= FLUSH_ROWS) start();
      else timer ??= setTimeout(start, FLUSH_MS);
    },
    async flush(deadlineMs) {
      if (waiting.length > 0) start();
      if (waiting.length === 0 && writing === 0) return;
      const done = new Promise<void>((resolve) => idle.push(resolve));
      const late = new AbortController();
      try {
        await Promise.race([
          done,
          delay(deadlineMs, undefined, { signal: late.signal }).then(() =>
            Promise.reject(new Error(`${waiting.length} outcomes were not written in time`)),
          ),
        ]);
      } finally {
        late.abort();
      }
    },
  };
};
