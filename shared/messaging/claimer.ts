// Keeps a sender's ready queue filled: goes over the running dispatches by lane, takes tokens, claims, gives back.
// Claims as much as about two seconds of sending need, so that little waits under a lease and little is stranded by a kill.
import { setTimeout as delay } from "node:timers/promises";
import type { Deps } from "../broker/deps.ts";
import { type ClaimedMessage, type ClaimPosition, claimMessages, releaseClaimed } from "./claim.ts";
import { type Dispatch, runningDispatches } from "./dispatches.ts";
import { createLimits } from "./limits.ts";
import { domainOf, permitted } from "./permitted.ts";
import type { createReadyQueue } from "./ready-queue.ts";
import type { SenderOptions } from "./sender.ts";

const REFRESH_MS = 1_000;
const IDLE_MS = 1_000;
const MIN_CLAIM = 50;
const MAX_CLAIM = 1_000;
/** A source with nothing to take is looked at for being finished no more often than this. */
const DRAIN_AGAIN_MS = 500;

interface SourceState {
  position: ClaimPosition | null;
  /** Something happened since it was last found drained. */
  dirty: boolean;
  drainedAt: number;
  underWay: number;
  /** Not before this monotonic moment: no tokens, or nothing there when last looked at. */
  waitUntil: number;
}

export const createClaimer = (
  deps: Deps,
  transportName: string,
  options: SenderOptions,
  ready: ReturnType<typeof createReadyQueue>,
  pump: () => void,
) => {
  const sources = new Map<string, SourceState>();
  let dispatches: readonly Dispatch[] = [];
  let refreshedAt = Number.NEGATIVE_INFINITY;
  let reads = 0;
  let newestRead = 0;
  let woken: (() => void) | undefined;
  let wakePending = false;
  let perSecond = 500;
  let settledSince = { at: deps.clock.monotonic(), count: 0 };
  let heldUntil = 0;
  let draining = false;
  const limits = createLimits(deps, transportName);

  const stateOf = (sourceId: string): SourceState => {
    let state = sources.get(sourceId);
    if (!state) {
      state = { position: null, dirty: true, drainedAt: Number.NEGATIVE_INFINITY, underWay: 0, waitUntil: 0 };
      sources.set(sourceId, state);
    }
    return state;
  };

  /** There is room for more. */
  const roomFor = () => {
    wakePending = true;
    woken?.();
  };
  /** There may be something new: look at every source again. */
  const wake = () => {
    for (const state of sources.values()) state.waitUntil = 0;
    roomFor();
  };

  const refresh = async () => {
    const read = ++reads;
    const found = await runningDispatches(deps.db, options.channel);
    // Two reads may overtake each other: the older one knows less of who was paused.
    if (read < newestRead) return;
    newestRead = read;
    dispatches = found;
    refreshedAt = deps.clock.monotonic();
    const running = new Set(dispatches.map((d) => d.sourceId));
    for (const [id, state] of sources) if (!running.has(id) && state.underWay === 0) sources.delete(id);
  };

  /** Splits off those whose domain is limited and has no token now; they go back with the time to wait. */
  const withDomainTokens = async (
    claimed: readonly ClaimedMessage[],
    attemptId: string,
  ): Promise<readonly ClaimedMessage[]> => {
    if (options.domainRates.size === 0) return claimed;
    const byDomain = Map.groupBy(claimed, (m) => domainOf(m.address));
    const refused: string[] = [];
    for (const [domain, messages] of byDomain) {
      const rate = options.domainRates.get(domain);
      if (!rate) continue;
      const { granted, waitMs } = await limits.ofDomain(domain, rate, messages.length);
      const late = messages.slice(granted);
      if (late.length === 0) continue;
      // Spread over the time that the domain needs for them, so that they do not all come back at once.
      const notBefore = new Date(
        deps.clock.now().getTime() + Math.max(waitMs, Math.min(60_000, (late.length * 500) / rate)),
      );
      await releaseClaimed(
        deps.db,
        late.map((m) => m.id),
        attemptId,
        notBefore,
      );
      refused.push(...late.map((m) => m.id));
    }
    if (refused.length === 0) return claimed;
    const gone = new Set(refused);
    return claimed.filter((m) => !gone.has(m.id));
  };

  /** Claims for one dispatch. Returns how many rows it moved. */
  const claimFor = async (dispatch: Dispatch, wanted: number): Promise<number> => {
    const state = stateOf(dispatch.sourceId);
    const attemptId = deps.id();
    const held = deps.clock.monotonic() < heldUntil;
    const { granted: limit, waitMs, dayOver } = await limits.take(dispatch, attemptId, wanted, held);
    if (limit < wanted) state.waitUntil = deps.clock.monotonic() + Math.min(waitMs, 1_000);
    // Its last message may have been the day's last: nobody would look whether the source has ended.
    if (dayOver) await drainedMaybe(dispatch.sourceId, state);
    if (limit === 0) return 0;
    const deadline = deps.clock.monotonic() + options.leaseSeconds * 1000;
    const rescan = state.position === null;
    const claim = await claimMessages(deps.db, {
      sourceId: dispatch.sourceId,
      channel: options.channel,
      bulk: dispatch.bulk,
      limit,
      attemptId,
      leaseSeconds: options.leaseSeconds,
      after: state.position,
    });
    state.position = claim.position;
    const moved = claim.claimed.length + claim.skipped;
    state.underWay += claim.claimed.length;
    if (moved > 0) state.dirty = true;
    let usable: readonly ClaimedMessage[] = [];
    try {
      usable = await withDomainTokens(await permitted(deps.db, claim.claimed, attemptId, options), attemptId);
    } finally {
      // When this failed all of them are left to their lease.
      state.underWay -= claim.claimed.length - usable.length;
    }
    await limits.giveBack(dispatch, attemptId, limit - usable.length);
    ready.add(usable.map((m) => ({ ...m, attemptId, dispatch, deadline })));
    pump();
    if (moved < limit && rescan) {
      state.waitUntil = Math.max(state.waitUntil, deps.clock.monotonic() + (moved === 0 ? IDLE_MS : IDLE_MS / 20));
      await drainedMaybe(dispatch.sourceId, state);
    }
    // A short read from the middle may have passed rows that came back behind it: look again from the start.
    return rescan ? moved : Math.max(moved, 1);
  };

  const drainedMaybe = async (sourceId: string, state: SourceState) => {
    if (!state.dirty || state.underWay > 0 || deps.clock.monotonic() - state.drainedAt < DRAIN_AGAIN_MS) return;
    state.dirty = false;
    state.drainedAt = deps.clock.monotonic();
    await options.drained(sourceId);
  };

  const round = async (): Promise<number> => {
    if (draining) return 0;
    if (deps.clock.monotonic() - refreshedAt > REFRESH_MS) await refresh();
    let moved = 0;
    const target = Math.min(MAX_CLAIM, Math.max(MIN_CLAIM * 2, Math.round(perSecond * 2)));
    const perLane = Map.groupBy(dispatches, (d) => d.lane);
    for (const dispatch of dispatches) {
      if (draining) break;
      if (deps.clock.monotonic() < stateOf(dispatch.sourceId).waitUntil) continue;
      const share = Math.max(MIN_CLAIM, Math.floor(target / (perLane.get(dispatch.lane)?.length ?? 1)));
      const room = share - ready.ofSource(dispatch.sourceId);
      if (room < share / 2) continue;
      moved += await claimFor(dispatch, room);
    }
    return moved;
  };

  const measure = () => {
    const now = deps.clock.monotonic();
    if (now - settledSince.at < 1_000) return;
    perSecond = perSecond * 0.5 + ((settledSince.count * 1000) / (now - settledSince.at)) * 0.5;
    settledSince = { at: now, count: 0 };
  };

  const nap = async (ms: number) => {
    if (wakePending || ms <= 0) {
      wakePending = false;
      return;
    }
    const timer = new AbortController();
    await Promise.race([
      new Promise<void>((resolve) => (woken = resolve)),
      delay(ms, undefined, { signal: timer.signal, ref: false }).catch(() => undefined),
    ]);
    timer.abort();
    woken = undefined;
    wakePending = false;
  };

  const untilTokens = () => {
    const now = deps.clock.monotonic();
    const waits = dispatches.map((d) => stateOf(d.sourceId).waitUntil - now).filter((ms) => ms > 0);
    return Math.min(IDLE_MS, ...waits);
  };

  return {
    wake,
    roomFor,
    refresh,
    /** Reads the dispatches again when they are old: in a process that was frozen, what ran then may have ended since. */
    async upToDate() {
      if (deps.clock.monotonic() - refreshedAt > 2 * REFRESH_MS) await refresh();
    },
    mayRun: (sourceId: string) => dispatches.some((d) => d.sourceId === sourceId),
    /** The provider asked us to slow down: ask Redis for its hold before each claim until then. */
    hold(ms: number) {
      heldUntil = Math.max(heldUntil, deps.clock.monotonic() + ms + 1_000);
    },
    /** True: nothing is claimed until it is false again. */
    drain(wanted: boolean) {
      draining = wanted;
      if (!wanted) wake();
    },
    notTaken: limits.notTaken,
    /** Messages whose outcome is written. */
    settled(sourceIds: readonly string[]) {
      settledSince.count += sourceIds.length;
      measure();
      for (const id of sourceIds) {
        const state = stateOf(id);
        state.underWay = Math.max(0, state.underWay - 1);
        state.dirty = true;
        // The last one of a source that had nothing left: it may be finished.
        if (state.underWay === 0) state.waitUntil = 0;
      }
      roomFor();
    },
    /** Somebody changed messages of these sources: look at them again from the beginning. */
    touched(sourceIds: readonly string[]) {
      for (const id of sourceIds) Object.assign(stateOf(id), { position: null, dirty: true });
      if (sourceIds.length > 0) wake();
    },
    /** Messages that went back to the queue: the next claim starts from the beginning. */
    returned(sourceIds: readonly string[]) {
      for (const id of sourceIds) {
        const state = stateOf(id);
        state.underWay = Math.max(0, state.underWay - 1);
        state.position = null;
        state.dirty = true;
        state.waitUntil = 0;
      }
      if (sourceIds.length > 0) roomFor();
    },
    /** Runs until the signal. Trouble with a backend is a pause, not an end. */
    async run(signal: AbortSignal) {
      while (!signal.aborted) {
        let moved = 0;
        try {
          moved = await round();
        } catch (error) {
          deps.log.debug(`claiming waits: ${(error as Error).message}`);
          await delay(300, undefined, { signal, ref: false }).catch(() => undefined);
        }
        if (moved === 0) await nap(untilTokens());
      }
    },
  };
};
