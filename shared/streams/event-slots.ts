// Events in progress: a slot per event, so a slow one holds up nobody else. An event is acknowledged when every handler
// of its type in the group has succeeded; a failed one waits for its next attempt without a slot but keeps its lease;
// after the last attempt it goes to the dead letters. There is no order between events.
import { reportError } from "../broker/report.ts";
import { backoff, settledWithin } from "./backoff.ts";
import { messageOf } from "./quiet-log.ts";
import type { ReaderContext } from "./reader-context.ts";
import type { Arrival, HeldEntry, Source } from "./source.ts";
import { type EventEntry, readEvent } from "./stream-entry.ts";
import { streamKeys } from "./stream-keys.ts";

export interface ReceivedEvent extends EventEntry {
  /** From 1; grows with every failure and every crash. */
  readonly attempt: number;
  /** Aborted when the process has to end before the handler does, or when the lease was lost. */
  readonly signal: AbortSignal;
}

export interface EventSubscription {
  readonly type: string;
  readonly handle: (event: ReceivedEvent) => Promise<unknown>;
}

export interface EventSlots extends Source {
  subscribe(subscription: EventSubscription): void;
  /**
   * Stops reading the event's family in this process, hands entries that did not start to other consumers, waits
   * `deadlineMs` for running handlers, then aborts them.
   */
  unsubscribe(subscription: EventSubscription, deadlineMs: number): Promise<void>;
  /** Reading begins: before, handlers may be missing, and their events would count as unwanted. */
  open(): void;
}

interface Held {
  readonly stream: string;
  readonly id: string;
  readonly event: EventEntry;
  readonly controller: AbortController;
  /** Handlers that have not succeeded yet. */
  remaining: EventSubscription[];
  attempt: number;
  lost: boolean;
  state: "waiting" | "running" | "backing-off" | "burying";
  running?: Promise<void>;
  timer?: NodeJS.Timeout;
}

const abortGraceMs = 1_000;

/** The slots of one group; `context.wake` is called whenever a slot becomes free. */
export const createEventSlots = (context: ReaderContext): EventSlots => {
  const { group, options, acks, log } = context;
  const held = new Map<string, Held>();
  const waiting: Held[] = [];
  const subscriptions = new Map<string, Set<EventSubscription>>();
  const retired = new Set<string>();
  const closedStreams = new Set<string>();
  let running = 0;
  let backingOff = 0;
  let opened = false;
  let stopping = false;

  const keyOf = (stream: string, id: string) => `${stream} ${id}`;
  const isClosed = (stream: string) => stopping || closedStreams.has(stream);
  const wantedStreams = () => [...new Set([...subscriptions.keys()].map((type) => streamKeys.eventOf(type)))];
  const free = () => {
    // Failing events give their slot away while they wait; without this limit an outage would read the whole stream.
    if (backingOff >= options.maxInFlight * 4) return 0;
    return Math.max(0, options.maxInFlight - running - waiting.length);
  };

  /** False when it was let go; the same event may be here again, as another entry. */
  const isHeld = (entry: Held) => held.get(keyOf(entry.stream, entry.id)) === entry;

  const forget = (entry: Held) => {
    clearTimeout(entry.timer);
    if (entry.state === "backing-off") backingOff--;
    if (isHeld(entry)) held.delete(keyOf(entry.stream, entry.id));
  };

  const handOver = (entry: Held, attempt: number) => {
    forget(entry);
    if (!entry.lost) context.release(entry.stream, [{ id: entry.id, attempt: Math.max(0, attempt) }]);
  };

  const bury = async (entry: Pick<Held, "stream" | "id" | "attempt">, error: string, type?: string) => {
    await context.bury({
      stream: entry.stream,
      entryId: entry.id,
      attempts: entry.attempt,
      error,
      remove: false,
      type,
    });
    held.delete(keyOf(entry.stream, entry.id));
  };

  const failed = (entry: Held, errors: readonly unknown[]) => {
    if (entry.lost) {
      forget(entry);
      return;
    }
    if (entry.controller.signal.aborted) {
      handOver(entry, entry.attempt - 1);
      return;
    }
    const error = errors.map(messageOf).join("; ");
    const fields = { group, event: entry.event.id, type: entry.event.type, attempt: entry.attempt, error };
    if (entry.attempt >= options.maxAttempts) {
      entry.state = "burying";
      const { id, type } = entry.event;
      for (const one of errors) reportError(one, { kind: "event", name: type, id, attempt: entry.attempt });
      void bury(entry, error, type);
    } else if (isClosed(entry.stream)) {
      handOver(entry, entry.attempt);
    } else {
      const delay = backoff(entry.attempt, options.retryFirstMs, options.retryCapMs);
      log.warn({ ...fields, retryInMs: delay }, "An event handler failed; the event is tried again");
      entry.state = "backing-off";
      backingOff++;
      entry.timer = setTimeout(() => {
        backingOff--;
        entry.attempt++;
        entry.state = "waiting";
        waiting.push(entry);
        // Recorded before it runs: an event that kills the process must not be tried for ever.
        context.record(entry.stream, [entry]);
        pump();
      }, delay);
    }
  };

  const run = async (entry: Held) => {
    const event: ReceivedEvent = { ...entry.event, attempt: entry.attempt, signal: entry.controller.signal };
    const tried = entry.remaining;
    const results = await Promise.allSettled(tried.map(async (subscription) => subscription.handle(event)));
    const errors = results.flatMap((result) => (result.status === "rejected" ? [result.reason] : []));
    entry.remaining = tried.filter((_, index) => results[index]?.status === "rejected");
    running--;
    delete entry.running;
    if (isHeld(entry)) {
      if (errors.length === 0) {
        forget(entry);
        acks.add(entry.stream, entry.id, false);
      } else failed(entry, errors);
    }
    pump();
    context.wake();
  };

  const pump = () => {
    while (running < options.maxInFlight) {
      const entry = waiting.shift();
      if (!entry) return;
      if (!isHeld(entry)) continue;
      entry.state = "running";
      running++;
      entry.running = run(entry);
    }
  };

  const take = ({ stream, entry: [id, fields], attempt }: Arrival) => {
    const key = keyOf(stream, id);
    if (held.has(key) || acks.has(stream, id)) return;
    if (!fields) {
      acks.add(stream, id, false);
      return;
    }
    const read = readEvent(fields);
    if (!read.ok) {
      void bury({ stream, id, attempt }, read.error);
      return;
    }
    const { only, ...event } = read.value;
    const listeners = [...(subscriptions.get(event.type) ?? [])];
    if (isClosed(stream) || (listeners.length === 0 && retired.has(event.type))) {
      context.release(stream, [{ id, attempt: attempt - 1 }]);
      return;
    }
    if (listeners.length === 0 || (only !== undefined && only !== group)) {
      acks.add(stream, id, false);
      return;
    }
    const controller = new AbortController();
    const entry: Held = { stream, id, event, controller, remaining: listeners, attempt, lost: false, state: "waiting" };
    held.set(key, entry);
    if (attempt > options.maxAttempts) {
      entry.state = "burying";
      void bury(entry, `Handed out ${attempt - 1} times and never finished`, event.type);
    } else waiting.push(entry);
  };

  /** Lets go of what has not started, and ends what runs: by itself until the deadline, by its signal afterwards. */
  const wind = async (affected: (entry: Held) => boolean, deadlineMs: number) => {
    const entries = [...held.values()].filter(affected);
    for (const entry of entries) if (entry.state === "waiting") handOver(entry, entry.attempt - 1);
    for (const entry of entries) if (entry.state === "backing-off") handOver(entry, entry.attempt);
    const settled = () => Promise.all(entries.map((entry) => entry.running));
    if (await settledWithin(settled(), deadlineMs)) return;
    for (const entry of entries)
      if (entry.running) entry.controller.abort(new Error("The process is stopping; the event is delivered again"));
    if (await settledWithin(settled(), abortGraceMs)) return;
    // Still running against the signal: its lease is left to run out, so that nobody starts it beside this one yet.
    for (const entry of entries) if (entry.running) forget(entry);
    log.warn({ group, events: entries.filter((entry) => entry.running).length }, "Event handlers ignored their signal");
  };

  return {
    open() {
      opened = true;
      context.changed();
    },
    subscribe(subscription) {
      const known = subscriptions.get(subscription.type) ?? new Set();
      subscriptions.set(subscription.type, known.add(subscription));
      retired.delete(subscription.type);
      closedStreams.delete(streamKeys.eventOf(subscription.type));
      context.changed();
    },
    async unsubscribe(subscription, deadlineMs) {
      const known = subscriptions.get(subscription.type);
      if (!known?.delete(subscription)) return;
      const stream = streamKeys.eventOf(subscription.type);
      closedStreams.add(stream);
      if (known.size === 0) {
        subscriptions.delete(subscription.type);
        retired.add(subscription.type);
      }
      context.changed();
      await wind((entry) => entry.stream === stream && entry.remaining.includes(subscription), deadlineMs);
    },
    streams: wantedStreams,
    isOpen: (stream) => opened && !isClosed(stream) && wantedStreams().includes(stream),
    plan() {
      const streams = opened && !stopping ? wantedStreams().filter((stream) => !isClosed(stream)) : [];
      const slots = free();
      return streams.length > 0 && slots > 0
        ? [{ streams, count: Math.max(1, Math.floor(slots / streams.length)) }]
        : [];
    },
    accept(arrivals) {
      for (const arrival of arrivals) take(arrival);
      pump();
    },
    holds: (stream, id) => held.has(keyOf(stream, id)) || acks.has(stream, id),
    room: free,
    kept: (): readonly HeldEntry[] => [...held.values()].filter((entry) => !entry.lost),
    lost(stream, ids) {
      for (const id of ids) {
        const entry = held.get(keyOf(stream, id));
        if (!entry) continue;
        entry.lost = true;
        if (entry.state === "waiting" || entry.state === "backing-off") forget(entry);
        else entry.controller.abort(new Error("The event's lease was lost; another process has it"));
      }
    },
    async stop(deadlineMs) {
      stopping = true;
      await wind(() => true, deadlineMs);
    },
  };
};
