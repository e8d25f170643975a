// Sessions of the web app, in Redis, with a list per person so that all of them can be ended at once.
// The cookie is signed, so a made-up one costs no look-up; the id inside is 128 random bits and changes at every sign-in.
import { hash, randomBytes } from "node:crypto";
import type { Redis } from "ioredis";
import type { Role } from "../../shared/contracts/accounts.ts";
import type { Clock } from "../../shared/lib/clock.ts";
import { openToken, signToken } from "../../shared/lib/tokens.ts";
import { withRedis } from "../redis-deadline.ts";

const idleSeconds = 7 * 86_400;
const longestMs = 30 * 86_400_000;
const refreshAfterMs = 300_000;
const provenSeconds = 3_600;
const idBytes = 16;
const purpose = "session";

export interface SessionUser {
  readonly userId: string;
  readonly email: string;
  readonly role: Role;
  /** The communities that the person is limited to; null, or absent in what an older version wrote: all. */
  readonly communities?: readonly string[] | null;
}

export interface Session extends SessionUser {
  readonly id: string;
}

/** Where somebody signed in, as far as it can be told. */
export interface SessionPlace {
  readonly userAgent: string;
  readonly address: string;
}

interface Stored extends SessionUser, SessionPlace {
  /** Milliseconds since 1970, by the database's clock: what ends sessions names a moment of that clock. */
  readonly createdAt: number;
  readonly seenAt: number;
}

/** A session as its person may see it. */
export interface ListedSession extends SessionPlace {
  readonly publicId: string;
  readonly createdAt: Date;
  readonly seenAt: Date;
}

/** Names a session to its person without being worth anything to a thief. */
export const publicIdOf = (sessionId: string): string => hash("sha256", sessionId).slice(0, 32);

/** What a signed cookie says before Redis is asked. */
export interface SessionCookie {
  readonly sessionId: string;
  readonly userId: string;
}

export interface Sessions {
  /** Makes a session that begins at `at`, by the database's clock; answers it with the value for the cookie. */
  begin(
    user: SessionUser,
    place: SessionPlace,
    at: Date,
  ): Promise<{ session: Session; cookie: string; seconds: number }>;
  /** What the cookie names, or undefined when it is not one of ours. */
  open(cookie: string): SessionCookie | undefined;
  /** The session, or undefined when it has ended. */
  read(sessionId: string): Promise<Session | undefined>;
  /** Sessions of a person that have not ended, the last seen first. */
  list(userId: string): Promise<ListedSession[]>;
  /** The person has just given the password again. */
  prove(sessionId: string): Promise<void>;
  /** True within an hour of the sign-in or of the last proof. */
  isProven(sessionId: string): Promise<boolean>;
  end(sessionId: string, userId: string): Promise<void>;
  /** Ends the session of a person with this public id. False when there is none. */
  endListed(userId: string, publicId: string): Promise<boolean>;
  /** Ends a person's sessions that began up to a moment (all when absent), but for the one with the public id `keep`. */
  endAll(userId: string, only?: { before?: Date | undefined; keep?: string | undefined }): Promise<void>;
}

const shown = ({ userId, email, role, communities = null }: Stored): SessionUser => ({
  userId,
  email,
  role,
  communities,
});
const keyOf = (sessionId: string) => `lc:session:${sessionId}`;
const proofOf = (sessionId: string) => `lc:session:${sessionId}:proof`;
const listOf = (userId: string) => `lc:sessions:${userId}`;
const hexOf = (uuid: string) => uuid.replaceAll("-", "");
const uuidOf = (hex: string) =>
  `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;

/** Every command has a deadline: SERVICE_UNAVAILABLE while Redis is away. */
export const createSessions = (redis: Redis, clock: Clock, keys: readonly string[]): Sessions => {
  const now = () => clock.now().getTime();

  const keepAlive = (sessionId: string, stored: Stored): void => {
    const renewed = JSON.stringify({ ...stored, seenAt: now() });
    // XX: a session that was ended in the meantime stays ended. Missing one renewal is harmless.
    redis.set(keyOf(sessionId), renewed, "EX", idleSeconds, "XX").catch(() => undefined);
  };

  const idsOf = (userId: string): Promise<string[]> => withRedis(redis, () => redis.zrange(listOf(userId), 0, -1));

  const storedOf = async (userId: string): Promise<(readonly [id: string, stored: Stored])[]> => {
    const ids = await idsOf(userId);
    if (ids.length === 0) return [];
    const texts = await withRedis(redis, () => redis.mget(ids.map(keyOf)));
    return ids.flatMap((id, index) => {
      const text = texts[index];
      return text ? [[id, JSON.parse(text) as Stored] as const] : [];
    });
  };

  return {
    async begin(user, place, at) {
      const id = randomBytes(idBytes).toString("hex");
      const stored: Stored = {
        userId: user.userId,
        email: user.email,
        role: user.role,
        communities: user.communities ?? null,
        userAgent: place.userAgent.slice(0, 300),
        address: place.address,
        createdAt: at.getTime(),
        seenAt: now(),
      };
      await withRedis(redis, () =>
        redis
          .multi()
          .set(keyOf(id), JSON.stringify(stored), "EX", idleSeconds)
          .set(proofOf(id), "1", "EX", provenSeconds)
          .zadd(listOf(user.userId), stored.createdAt + longestMs, id)
          .zremrangebyscore(listOf(user.userId), 0, now())
          .pexpire(listOf(user.userId), longestMs)
          .exec(),
      );
      const cookie = signToken(keys, purpose, Buffer.from(id + hexOf(user.userId), "hex"));
      return {
        session: { id, ...shown(stored) },
        cookie,
        seconds: longestMs / 1000,
      };
    },

    open(cookie) {
      const payload = openToken(keys, purpose, cookie);
      if (payload?.length !== 2 * idBytes) return undefined;
      const hex = Buffer.from(payload).toString("hex");
      return { sessionId: hex.slice(0, 2 * idBytes), userId: uuidOf(hex.slice(2 * idBytes)) };
    },

    async read(sessionId) {
      const text = await withRedis(redis, () => redis.get(keyOf(sessionId)));
      if (text === null) return undefined;
      const stored = JSON.parse(text) as Stored;
      if (now() - stored.createdAt > longestMs) return undefined;
      if (now() - stored.seenAt > refreshAfterMs) keepAlive(sessionId, stored);
      return { id: sessionId, ...shown(stored) };
    },

    async prove(sessionId) {
      await withRedis(redis, () => redis.set(proofOf(sessionId), "1", "EX", provenSeconds));
    },

    async isProven(sessionId) {
      return (await withRedis(redis, () => redis.exists(proofOf(sessionId)))) === 1;
    },

    async end(sessionId, userId) {
      await withRedis(redis, () => redis.multi().del(keyOf(sessionId)).zrem(listOf(userId), sessionId).exec());
    },

    async list(userId) {
      const listed = (await storedOf(userId)).map(([id, stored]) => ({
        publicId: publicIdOf(id),
        // Sessions that an older version began do not say where.
        userAgent: stored.userAgent ?? "",
        address: stored.address ?? "",
        createdAt: new Date(stored.createdAt),
        seenAt: new Date(stored.seenAt),
      }));
      return listed.sort((a, b) => b.seenAt.getTime() - a.seenAt.getTime());
    },

    async endListed(userId, publicId) {
      const id = (await idsOf(userId)).find((candidate) => publicIdOf(candidate) === publicId);
      if (id === undefined) return false;
      const ended = await withRedis(redis, () => redis.multi().del(keyOf(id)).zrem(listOf(userId), id).exec());
      return ended?.[0]?.[1] === 1;
    },

    async endAll(userId, { before, keep } = {}) {
      const found = await storedOf(userId);
      const ended = found.filter(
        ([id, stored]) => publicIdOf(id) !== keep && (before === undefined || stored.createdAt <= before.getTime()),
      );
      if (ended.length === 0) return;
      const ids = ended.map(([id]) => id);
      await withRedis(redis, () =>
        redis
          .multi()
          .del(...ids.map(keyOf))
          .zrem(listOf(userId), ...ids)
          .exec(),
      );
    },
  };
};
