// Limits on how often jobs of one type and key may start, over all processes, by Redis's clock. Exact: never more than
// `limit` starts in any stretch of `perMs`. A job that has to wait gets its turn in a line and comes back then, so a long
// line is asked about once or twice per job and not over and over. A place that nobody takes is given up after a while.
import type { Redis } from "ioredis";
import { soon } from "../messaging/soon.ts";
import { messageOf } from "../streams/quiet-log.ts";
import type { RateLimit } from "./define.ts";

// KEYS: starts of the last stretch, and the line of those who wait, by job id and the time of their turn.
// Who comes anew starts only when a place is free that nobody whose turn has come is waiting for.
const TAKE = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local started, line, id = KEYS[1], KEYS[2], ARGV[1]
local limit, per, patience = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
redis.call('ZREMRANGEBYSCORE', started, '-inf', now - per)
redis.call('ZREMRANGEBYSCORE', line, '-inf', now - patience)
local used = redis.call('ZCARD', started)
local turn = tonumber(redis.call('ZSCORE', line, id) or false)
local due = turn and turn <= now
local rivals = due and 0 or redis.call('ZCOUNT', line, '-inf', now)
if used + rivals < limit then
  redis.call('ZADD', started, now, id .. ':' .. now)
  redis.call('PEXPIRE', started, per)
  redis.call('ZREM', line, id)
  return 0
end
if turn and not due then return math.ceil(turn - now) end
-- Its place in the line, and when that place's start will be free: places free now, then as starts grow old.
local place = due and 0 or redis.call('ZCARD', line)
local index = place % limit
local at = now
if index >= limit - used then
  local old = index - (limit - used)
  at = tonumber(redis.call('ZRANGE', started, old, old, 'WITHSCORES')[2]) + per
end
at = math.max(now + 1, at + per * math.floor(place / limit))
redis.call('ZADD', line, at, id)
redis.call('PEXPIRE', line, math.ceil(at - now) + patience)
return math.ceil(at - now)
`;

/** A place in the line that was not taken for so long, in ms, is somebody else's: its job was cancelled or is held. */
const patienceMs = 30_000;
/** Clocks of Postgres and Redis tick apart: a job comes back this much after its turn rather than before. */
const slackMs = 5;

/**
 * Asks for a start of the job: 0 when it may start now, else the milliseconds after which it shall ask again.
 * Without Redis nothing starts: whoever cannot count must not exceed.
 */
export const takeTurn = async (
  redis: Redis,
  { type, key, jobId }: { readonly type: string; readonly key: string; readonly jobId: string },
  { limit, perMs }: Pick<RateLimit<never>, "limit" | "perMs">,
): Promise<number> => {
  const name = `lc:job-limit:${type}:${key}`;
  try {
    const wait = await soon(redis, () =>
      redis.eval(TAKE, 2, `${name}:started`, `${name}:line`, jobId, limit, perMs, patienceMs),
    );
    return wait === 0 ? 0 : Number(wait) + slackMs;
  } catch (error) {
    // What Redis cannot run is a mistake of ours, and waiting would hide it.
    if (messageOf(error).startsWith("ERR")) throw error;
    // Spread, so that they do not all come back in the moment in which Redis does.
    return 1_000 + Math.random() * 2_000;
  }
};
