// Collects finished entries and acknowledges many per round trip: one XACK (and XDEL, for jobs) per stream and flush.
// A failed flush is tried again until Redis takes it; until then the buffer still answers for the entry, so that it is
// not taken for lost work and run again.
import type { Redis } from "ioredis";
import { backoff } from "./backoff.ts";
import type { QuietLog } from "./quiet-log.ts";

export interface AckBuffer {
  /** Acknowledges soon; `remove` also deletes the entry from its stream. */
  add(stream: string, id: string, remove: boolean): void;
  /** True until Redis confirmed the acknowledgement. */
  has(stream: string, id: string): boolean;
  /** Resolves when nothing is left to acknowledge, or when the time is up; true when nothing is left. */
  drain(deadlineMs: number): Promise<boolean>;
  /** Gives up what is left: it stays pending in Redis and is delivered again. */
  close(): void;
}

interface Stream {
  waiting: Map<string, boolean>;
  sending: Map<string, boolean>;
}

export interface AckBufferOptions {
  readonly redis: Redis;
  readonly group: string;
  readonly quiet: QuietLog;
  /** Flush when so many wait (default 200) … */
  readonly flushAt?: number;
  /** … or so many ms after the first (default 2). */
  readonly flushAfterMs?: number;
}

/** An empty buffer for one group. */
export const createAckBuffer = ({
  redis,
  group,
  quiet,
  flushAt = 200,
  flushAfterMs = 2,
}: AckBufferOptions): AckBuffer => {
  const streams = new Map<string, Stream>();
  let waiting = 0;
  let timer: NodeJS.Timeout | undefined;
  let flushing = false;
  let failures = 0;
  let closed = false;
  let drained: (() => void)[] = [];

  const left = () => {
    let count = waiting;
    for (const stream of streams.values()) count += stream.sending.size;
    return count;
  };

  const send = async (name: string, stream: Stream): Promise<void> => {
    const ids = [...stream.sending.keys()];
    const removed = ids.filter((id) => stream.sending.get(id));
    // Both or neither: an entry that is acknowledged and still there is never read again, and hides what is missing.
    const commands = removed.length > 0 ? redis.multi() : redis.pipeline();
    commands.xack(name, group, ...ids);
    if (removed.length > 0) commands.xdel(name, ...removed);
    for (const [error] of (await commands.exec()) ?? []) if (error) throw error;
  };

  const flush = async (): Promise<void> => {
    if (flushing || closed) return;
    flushing = true;
    clearTimeout(timer);
    timer = undefined;
    const busy = [...streams].filter(([, stream]) => stream.waiting.size > 0);
    for (const [, stream] of busy) {
      stream.sending = stream.waiting;
      stream.waiting = new Map();
    }
    waiting = 0;
    const results = await Promise.allSettled(busy.map(([name, stream]) => send(name, stream)));
    let failed: unknown;
    for (const [index, result] of results.entries()) {
      const stream = busy[index]?.[1];
      if (!stream) continue;
      if (result.status === "rejected") {
        failed = result.reason;
        for (const [id, remove] of stream.sending) stream.waiting.set(id, remove);
      }
      stream.sending = new Map();
    }
    waiting = [...streams.values()].reduce((sum, stream) => sum + stream.waiting.size, 0);
    flushing = false;
    if (closed) return;
    if (failed === undefined) {
      failures = 0;
      quiet.recovered("Acknowledging");
    } else {
      failures++;
      quiet.failing("Acknowledging", failed);
    }
    if (waiting > 0) schedule(failed === undefined ? 0 : backoff(failures, 50, 2_000));
    else if (left() === 0) settle();
  };

  const settle = () => {
    for (const done of drained) done();
    drained = [];
  };

  const schedule = (ms: number) => {
    timer ??= setTimeout(() => void flush(), ms);
  };

  return {
    add(name, id, remove) {
      if (closed) return;
      let stream = streams.get(name);
      if (!stream) {
        stream = { waiting: new Map(), sending: new Map() };
        streams.set(name, stream);
      }
      stream.waiting.set(id, remove);
      waiting++;
      if (flushing) return;
      if (waiting >= flushAt && failures === 0) void flush();
      else schedule(flushAfterMs);
    },

    has(name, id) {
      const stream = streams.get(name);
      return stream !== undefined && (stream.waiting.has(id) || stream.sending.has(id));
    },

    async drain(deadlineMs) {
      if (left() === 0) return true;
      const done = new Promise<void>((resolve) => drained.push(resolve));
      let clock: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        clock = setTimeout(resolve, deadlineMs);
      });
      clearTimeout(timer);
      timer = undefined;
      void flush();
      await Promise.race([done, late]);
      clearTimeout(clock);
      return left() === 0;
    },

    close() {
      closed = true;
      clearTimeout(timer);
      settle();
    },
  };
};
