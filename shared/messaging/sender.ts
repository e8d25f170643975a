// One sender of one channel in one process: claims, hands over, records. Any number of them share the work.
// Guarantees: committed as handing_off before the network call, at most 200 such rows per process, nothing sent under a lease that is over.
import { setTimeout as delay } from "node:timers/promises";
import type { Deps } from "../broker/deps.ts";
import { addPart } from "../broker/vitals.ts";
import { redactedStack } from "../lib/redact.ts";
import { commitHandOff, releaseClaimed } from "./claim.ts";
import { createClaimer } from "./claimer.ts";
import { readPauseEpoch } from "./dispatches.ts";
import { noteOutcome } from "./note-outcome.ts";
import { createOutcomeWriter } from "./outcome-writer.ts";
import type { MessageOutcome, OutcomePolicy } from "./outcomes.ts";
import { createProgress } from "./progress.ts";
import { createProviderHold } from "./provider-hold.ts";
import { createRate } from "./rate.ts";
import { createReadyQueue, type ReadyMessage } from "./ready-queue.ts";
import { createSendSpans } from "./send-spans.ts";
import { keepSweeping } from "./sweep.ts";
import { type HandOver, SEND_MARGIN_MS, type Transport } from "./transport.ts";

export interface SenderOptions {
  readonly channel: "email" | "sms" | "call";
  readonly leaseSeconds: number;
  readonly policy: OutcomePolicy;
  /** Messages a second per recipient domain, for those that are limited. */
  readonly domainRates: ReadonlyMap<string, number>;
  /** When not empty, only these addresses and domains get anything (staging). */
  readonly allowlist: readonly string[];
  /** Mail leaves this machine: addresses that cannot be anybody's get nothing. */
  readonly live: boolean;
  /** Called when nothing of a source is left to take or under way here: it may be finished. */
  readonly drained: (sourceId: string) => Promise<void>;
}

export interface Sender {
  /** There may be work: look now. */
  wake(): void;
  /** Stops claiming, gives back what was not handed over, waits for answers until the deadline. */
  stop(deadlineMs: number): Promise<void>;
  stats(): { readonly inFlight: number; readonly ready: number; readonly sent: number };
}

/** A message on its way to its hand-over, made or being made. */
interface Prepared {
  readonly message: ReadyMessage;
  readonly made: Promise<HandOver>;
}

/** Rows per hand-off commit, and rows per process that may be handed over without a recorded answer. */
const GROUP = 50;
const MAX_HANDING = 200;
/** Below this much lease a message is given back instead of handed over. */
const HAND_OFF_MARGIN_MS = 5_000;
const EPOCH_AGE_MS = 100;
/** Outcomes after which a message counts for no day's limit: the provider has not taken it and will be asked again. */
const refused: ReadonlySet<string> = new Set(["transient", "throttled", "not_sent"]);

/** Starts sending. Never throws while running: trouble is logged, and work goes on when its cause is gone. */
export const startSender = (deps: Deps, transport: Transport, options: SenderOptions): Sender => {
  const ready = createReadyQueue();
  const committed: ReadyMessage[] = [];
  const idleWorkers: (() => void)[] = [];
  const stopping = new AbortController();
  const progress = createProgress(deps);
  const spans = createSendSpans(options.channel, transport.name);
  let handing = 0;
  let sent = 0;
  let delivering = 0;
  let epoch: string | null | undefined;
  let epochAt = 0;
  let pumping = 0;
  let draining = false;

  const monotonic = () => deps.clock.monotonic();
  const claimer = createClaimer(deps, transport.name, options, ready, () => pump());
  const hold = createProviderHold(deps, transport.name, (ms) => {
    claimer.hold(ms);
    setTimeout(pump, ms + 5).unref();
  });

  const writer = createOutcomeWriter(deps, options.channel, options.policy, (outcomes, counted) => {
    handing -= outcomes.length;
    for (const { id, outcome } of outcomes) spans.ended(id, outcome.kind);
    claimer.settled(outcomes.map((o) => o.sourceId));
    const back = outcomes.filter((o) => refused.has(o.outcome.kind) && counted.has(o.id));
    void claimer.notTaken(back.map((o) => o.attemptId));
    // A late word, after the source was paused, cancelled or ended without it: nobody else would look at it again.
    const ended = async (sourceId: string) => (claimer.mayRun(sourceId) ? undefined : options.drained(sourceId));
    const sourceIds = [...new Set(outcomes.map((o) => o.sourceId))];
    Promise.all(sourceIds.map((id) => claimer.upToDate().then(() => ended(id)))).catch((error: unknown) =>
      deps.log.debug(`a late word waits: ${String(error)}`),
    );
    progress.add(outcomes);
    pump();
  });

  const outcomeOf = (message: ReadyMessage, outcome: MessageOutcome["outcome"]): MessageOutcome => ({
    id: message.id,
    attemptId: message.attemptId,
    sourceId: message.dispatch.sourceId,
    attempts: message.attempts,
    address: message.address,
    outcome,
    at: deps.clock.now(),
  });

  const release = async (messages: readonly ReadyMessage[]) => {
    try {
      for (const [attemptId, own] of Map.groupBy(messages, (m) => m.attemptId)) {
        const ids = own.map((m) => m.id);
        const count = await releaseClaimed(deps.db, ids, attemptId);
        void claimer.notTaken(Array<string>(count).fill(attemptId));
      }
    } finally {
      // Those that could not be given back are left to their lease: no longer ours either way.
      claimer.returned(messages.map((m) => m.dispatch.sourceId));
    }
  };

  /** Reads the pause epoch; when it changed, dispatches are read again and what may no longer go is given back. */
  const obeyPause = async () => {
    if (monotonic() - epochAt < EPOCH_AGE_MS) return;
    epochAt = monotonic();
    const now = await readPauseEpoch(deps.redis);
    if (now !== null && now === epoch) return;
    await claimer.refresh();
    epoch = now;
    const stopped = ready.remove((m) => !claimer.mayRun(m.dispatch.sourceId));
    if (stopped.length > 0) await release(stopped);
  };

  const handOver = async (group: readonly ReadyMessage[]) => {
    const usable = group.filter(
      (m) => m.deadline - monotonic() > HAND_OFF_MARGIN_MS && claimer.mayRun(m.dispatch.sourceId),
    );
    if (usable.length < group.length) await release(group.filter((m) => !usable.includes(m)));
    if (usable.length === 0) return 0;
    const deadline = monotonic() + options.leaseSeconds * 1000;
    const ours = await commitHandOff(
      deps.db,
      usable.map((m) => m.id),
      usable.map((m) => m.attemptId),
      transport.name,
      options.leaseSeconds,
    );
    const own = usable.filter(({ id }) => ours.has(id)).map((message) => ({ ...message, deadline }));
    spans.begin(own);
    committed.push(...own);
    if (ours.size < usable.length) {
      // Cancelled, erased or somebody else's by now: not sent by this claim, so it counts for no day.
      const lost = usable.filter((m) => !ours.has(m.id));
      // Past its lease the sweep has given back what it counted for.
      void claimer.notTaken(lost.filter((m) => m.deadline > monotonic()).map((m) => m.attemptId));
      claimer.returned(lost.map((m) => m.dispatch.sourceId));
    }
    while (committed.length > 0 && idleWorkers.length > 0) idleWorkers.shift()?.();
    return ours.size;
  };

  const giveBackReady = () =>
    release(ready.remove(() => true)).catch((error: unknown) =>
      deps.log.warn(`claims are left to their lease: ${(error as Error).message}`),
    );

  const pump = () => {
    if (draining && ready.size > 0) void giveBackReady();
    // While the provider holds us, claimed messages wait here under their lease.
    if (hold.leftMs() > 0) return;
    while (!stopping.signal.aborted && pumping < 8 && handing + GROUP <= MAX_HANDING && ready.size > 0) {
      pumping++;
      handing += GROUP;
      let group: ReadyMessage[] = [];
      const work = async () => {
        await obeyPause();
        group = ready.take(GROUP);
        const count = await handOver(group);
        handing -= GROUP - count;
      };
      work()
        .catch((error: unknown) => {
          // The commit may or may not have happened. Nothing of this group is sent, and we alone know.
          handing -= GROUP - group.length;
          for (const message of group)
            writer.add(outcomeOf(message, { kind: "not_sent", detail: "it was not written down" }));
          deps.log.warn(`a hand-off group goes back: ${(error as Error).message}`);
          return delay(200, undefined, { ref: false });
        })
        .then(() => {
          pumping--;
          if (!stopping.signal.aborted) pump();
          claimer.roomFor();
        });
    }
  };

  const deliver = async ({ message, made }: Prepared) => {
    // A slow provider takes many seconds for a group: what has not left stops too. Postgres is away: the last word holds.
    await obeyPause().catch(() => undefined);
    if (!claimer.mayRun(message.dispatch.sourceId))
      return writer.add(outcomeOf(message, { kind: "not_sent", detail: "it was paused" }));
    const now = monotonic();
    if (message.deadline - now < SEND_MARGIN_MS || stopping.signal.aborted) {
      writer.add(outcomeOf(message, { kind: "not_sent", detail: "the lease was nearly over" }));
      return;
    }
    const retryAfterMs = hold.leftMs();
    if (retryAfterMs > 0) {
      writer.add(outcomeOf(message, { kind: "throttled", detail: "The provider asked for a pause", retryAfterMs }));
      return;
    }
    const handOver = await made;
    const outcome = await spans.around(message, handOver).catch((error: unknown) => {
      deps.log.error({ messageId: message.id }, `delivery broke: ${redactedStack(error)}`);
      return { kind: "unknown", detail: "The sender broke off while handing over" } as const;
    });
    noteOutcome(options.channel, transport.name, message.id, monotonic() - now, outcome);
    if (outcome.kind === "throttled") hold.asked(outcome.retryAfterMs);
    if (outcome.kind === "accepted") {
      sent++;
      hold.over();
    }
    writer.add(outcomeOf(message, outcome));
  };

  const next = (): Prepared | undefined => {
    const message = committed.shift();
    return message && { message, made: transport.prepare(message) };
  };

  const worker = async () => {
    let ahead: Prepared | undefined;
    let busy = false;
    while (ahead || !(stopping.signal.aborted && committed.length === 0)) {
      const prepared: Prepared | undefined = ahead ?? next();
      ahead = undefined;
      if (!prepared) {
        await new Promise<void>((resolve) => idleWorkers.push(resolve));
        continue;
      }
      delivering++;
      busy = true;
      const done = deliver(prepared);
      // After every write of this turn: the provider works on those while we make the next ones.
      setImmediate(() => {
        if (busy) ahead ??= next();
      });
      await done;
      busy = false;
      delivering--;
    }
  };

  const workers = Array.from({ length: transport.concurrency }, () => worker());
  const loops = [claimer.run(stopping.signal), keepSweeping(deps, options, claimer.touched, stopping.signal)];
  const rate = createRate(monotonic);
  const leave = addPart(deps, {
    sender: () => ({
      channel: options.channel,
      inFlight: handing,
      ready: ready.size,
      sent,
      perSecond: rate(sent),
      domainRates: [...options.domainRates].map(([domain, perSecond]) => ({ domain, perSecond })),
      providers: transport.status?.() ?? [],
    }),
    drain(wanted) {
      draining = wanted;
      claimer.drain(wanted);
      pump();
    },
  });
  return {
    wake: () => claimer.wake(),
    stats: () => ({ inFlight: handing, ready: ready.size, sent }),
    async stop(deadlineMs) {
      const until = monotonic() + deadlineMs;
      const inTime = (work: Promise<unknown>) =>
        Promise.race([work, delay(Math.max(0, until - monotonic()), undefined, { ref: false })]);
      leave();
      stopping.abort();
      claimer.wake();
      await inTime(Promise.all(loops));
      await inTime(giveBackReady());
      while (pumping > 0 && monotonic() < until) await delay(10);
      for (const wakeUp of idleWorkers.splice(0)) wakeUp();
      await inTime(Promise.all(workers));
      // A group whose commit came back after the last worker had gone: it was never handed over.
      for (const message of committed.splice(0))
        writer.add(outcomeOf(message, { kind: "not_sent", detail: "the sender stopped" }));
      await writer
        .flush(Math.max(100, until - monotonic()))
        .catch((error: unknown) => deps.log.warn((error as Error).message));
      if (delivering > 0) deps.log.warn(`${delivering} deliveries had no answer in time; they become unknown`);
      await progress.stop();
      await transport.close();
    },
  };
};
