// The steps that must not be interrupted half-way, as Lua: each first proves that the caller still owns the entry, so a
// process that was frozen past its lease can neither take work back nor bury what another is doing.
import type { Redis } from "ioredis";

/** A place in a stream as one consumer of one group sees it. */
export interface Ownership {
  readonly stream: string;
  readonly group: string;
  readonly consumer: string;
}

export interface KeptEntry {
  readonly id: string;
  /** Written as the delivery count, so that attempts survive the process. */
  readonly attempt: number;
}

const owned = `
local function ownedBy(stream, group, id, consumer)
  local found = redis.call('XPENDING', stream, group, id, id, 1)
  return #found == 1 and found[1][2] == consumer
end
`;

const keepScript = `${owned}
local lost = {}
for i = 4, #ARGV, 2 do
  if ownedBy(KEYS[1], ARGV[1], ARGV[i], ARGV[2]) then
    redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[i],
      'IDLE', ARGV[3], 'RETRYCOUNT', ARGV[i + 1], 'JUSTID')
  else
    lost[#lost + 1] = ARGV[i]
  end
end
return lost`;

const chunkSize = 200;

const keepWithIdle = async (redis: Redis, place: Ownership, idleMs: number, entries: readonly KeptEntry[]) => {
  const lost: string[] = [];
  for (let from = 0; from < entries.length; from += chunkSize) {
    const args = entries.slice(from, from + chunkSize).flatMap(({ id, attempt }) => [id, attempt]);
    const reply = await redis.eval(keepScript, 1, place.stream, place.group, place.consumer, idleMs, ...args);
    lost.push(...(reply as string[]));
  }
  return lost;
};

/** Renews the lease of entries and records their attempts; returns the ids that belong to somebody else by now. */
export const keepEntries = (redis: Redis, place: Ownership, entries: readonly KeptEntry[]): Promise<string[]> =>
  keepWithIdle(redis, place, 0, entries);

/** Hands entries over: they look idle for `leaseMs` at once, so any consumer claims them in its next round. */
export const releaseEntries = (redis: Redis, place: Ownership, leaseMs: number, entries: readonly KeptEntry[]) =>
  keepWithIdle(redis, place, leaseMs, entries);

const buryScript = `${owned}
if not ownedBy(KEYS[1], ARGV[1], ARGV[3], ARGV[2]) then return 0 end
local entry = redis.call('XRANGE', KEYS[1], ARGV[3], ARGV[3])[1]
if entry then
  local letter = {'stream', KEYS[1], 'entry', ARGV[3], 'group', ARGV[1], 'error', ARGV[4], 'attempts', ARGV[5], 'at', ARGV[6]}
  -- unpack has a limit: of an entry with thousands of fields only the first ones are kept.
  for i = 1, math.min(#entry[2], 4000) do letter[#letter + 1] = entry[2][i] end
  for i = 13, #letter, 2 do letter[i] = 'raw:' .. letter[i] end
  redis.call('XADD', KEYS[2], '*', unpack(letter))
end
redis.call('XACK', KEYS[1], ARGV[1], ARGV[3])
if ARGV[7] == '1' then redis.call('XDEL', KEYS[1], ARGV[3]) end
return 1`;

export interface Burial {
  readonly deadStream: string;
  readonly entryId: string;
  readonly error: string;
  readonly attempts: number;
  /** ISO 8601, UTC. */
  readonly at: string;
  /** Also delete the entry from its stream: right for jobs, wrong for events, which other groups read too. */
  readonly remove: boolean;
}

/** Moves an entry to the dead letters with its bytes as they are; false when somebody else owns it or it is gone. */
export const buryEntry = async (redis: Redis, place: Ownership, burial: Burial): Promise<boolean> => {
  const { deadStream, entryId, error, attempts, at, remove } = burial;
  const head = [place.group, place.consumer, entryId, error.slice(0, 2_000), attempts, at, remove ? "1" : "0"];
  return (await redis.eval(buryScript, 2, place.stream, deadStream, ...head)) === 1;
};

const removeConsumerScript = `
if #redis.call('XPENDING', KEYS[1], ARGV[1], '-', '+', 1, ARGV[2]) > 0 then return 0 end
redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], ARGV[2])
return 1`;

/** Removes a consumer only when nothing is pending for it: removing it drops what is. True when it was removed. */
export const removeIdleConsumer = async (redis: Redis, { stream, group, consumer }: Ownership): Promise<boolean> =>
  (await redis.eval(removeConsumerScript, 1, stream, group, consumer)) === 1;
