// Writes down every successful act over the API without making anybody wait: lines are gathered for a second and written
// in one statement; stopping in good order writes what is left. What concerns accounts writes its own line instead, in the
// transaction of the change. Of a process that is killed, at most the last second is missing.
import type { Deps } from "../../shared/broker/deps.ts";
import type { Exchange } from "../exchange.ts";
import type { PublicAction } from "../operations.ts";
import { type AuditEntry, insertLines } from "./store.ts";

const everyMs = 1_000;
const mostAtOnce = 500;
const mostWaiting = 20_000;

/** Services that write their own lines. */
const ownLines = /^(?:accounts|users|secondFactor|audit)\./;

/**
 * True for actions that change something or send something (what only computes needs no more than `read`), and for
 * looking at what the contract wants to have recorded.
 */
export const isAct = ({ name, rest, contract }: PublicAction): boolean =>
  !ownLines.test(name) &&
  (rest.recorded === true ||
    (rest.method !== "GET" && contract.permission !== "none" && contract.permission !== "read"));

export interface Recorder {
  /** Notes an act that succeeded. */
  note(exchange: Exchange, action: PublicAction): void;
  /** Writes what is waiting. */
  flush(): Promise<void>;
  stop(): Promise<void>;
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export const createRecorder = (deps: Pick<Deps, "db" | "id" | "clock" | "log">): Recorder => {
  let waiting: AuditEntry[] = [];
  let writing: Promise<void> = Promise.resolve();

  const write = async (): Promise<void> => {
    while (waiting.length > 0) {
      const lines = waiting.slice(0, mostAtOnce);
      await insertLines(deps.db, lines);
      waiting = waiting.slice(lines.length);
    }
  };

  /** One after the other, so that no line is written twice and none is overtaken. */
  const flush = (): Promise<void> => {
    writing = writing.catch(() => undefined).then(write);
    return writing;
  };

  const flushQuietly = () =>
    flush().catch((error: unknown) => {
      // They stay in memory for the next try; only when that runs on and on must some be let go, and that is told.
      const over = waiting.length - mostWaiting;
      if (over <= 0) return;
      waiting = waiting.slice(over);
      deps.log.error(`${over} lines of the audit log are lost: ${(error as Error).message}`);
    });

  const timer = setInterval(() => void flushQuietly(), everyMs);
  timer.unref();

  return {
    note(exchange, action) {
      if (!exchange.caller || exchange.replayed || exchange.dryRun || !isAct(action)) return;
      const objectId = exchange.objectId ?? exchange.params.id;
      // Queues, job types and schedules have names instead of ids.
      const { name } = exchange.params;
      waiting.push({
        id: deps.id(),
        at: deps.clock.now(),
        event: action.name,
        userId: exchange.caller.userId,
        tokenId: exchange.caller.tokenId,
        objectId: objectId !== undefined && uuid.test(objectId) ? objectId : undefined,
        requestId: exchange.requestId,
        address: exchange.address,
        ...(name === undefined ? {} : { detail: { name } }),
      });
      if (waiting.length === mostAtOnce) void flushQuietly();
    },
    flush,
    async stop() {
      clearInterval(timer);
      await flush();
    },
  };
};
