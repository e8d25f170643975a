// What a group could not handle, kept until somebody decides: list, replay or drop.
// A letter is moved, never copied: replaying adds it to its stream and removes it here in one step.
import type { Redis } from "ioredis";
import { replayLetter } from "./scripts.ts";
import { streamKeys } from "./stream-keys.ts";

export interface DeadLetter {
  /** Id of the letter, for replay and drop. */
  readonly id: string;
  readonly group: string;
  /** Stream and entry id it came from. */
  readonly stream: string;
  readonly entryId: string;
  readonly error: string;
  readonly attempts: number;
  readonly at: string;
  /** The event's or job's own id and type, where the entry had them. */
  readonly subject?: string;
  readonly type?: string;
  /** The entry's fields; bytes that are not UTF-8 appear as `base64:…`. */
  readonly fields: Readonly<Record<string, string>>;
}

export interface DeadLetterPage {
  readonly data: readonly DeadLetter[];
  /** Pass as `cursor` to go on; absent on the last page. */
  readonly nextCursor?: string;
}

export interface DeadLetters {
  /** Newest first; `limit` from 1 to 500 (default 50). Throws when the cursor was not given out by this list. */
  list(group: string, page?: { readonly limit?: number; readonly cursor?: string }): Promise<DeadLetterPage>;
  count(group: string): Promise<number>;
  /** Groups that have dead letters, with how many. */
  groups(): Promise<readonly { readonly group: string; readonly count: number }[]>;
  /** Gives the letter to its group once more, with its attempts counted anew; false when it is not there. */
  replay(group: string, id: string): Promise<boolean>;
  /** Deletes the letter for good; false when it is not there. */
  drop(group: string, id: string): Promise<boolean>;
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

const textOf = (bytes: Buffer): string => {
  try {
    return utf8.decode(bytes);
  } catch {
    return `base64:${bytes.toString("base64")}`;
  }
};

const readLetter = (id: Buffer, parts: readonly Buffer[]): DeadLetter => {
  const own: Record<string, string> = {};
  const fields: Record<string, string> = {};
  for (let i = 0; i + 1 < parts.length; i += 2) {
    const name = textOf(parts[i] as Buffer);
    const value = textOf(parts[i + 1] as Buffer);
    if (name.startsWith("raw:")) fields[name.slice(4)] = value;
    else own[name] = value;
  }
  const { id: subject, type } = fields;
  return {
    id: id.toString(),
    group: own.group ?? "",
    stream: own.stream ?? "",
    entryId: own.entry ?? "",
    error: own.error ?? "",
    attempts: Number(own.attempts ?? "0"),
    at: own.at ?? "",
    ...(subject === undefined ? {} : { subject }),
    ...(type === undefined ? {} : { type }),
    fields,
  };
};

const entryId = /^\d{1,20}-\d{1,20}$/;

/** The dead letters in `redis`, a client for short commands. */
export const deadLetters = (redis: Redis): DeadLetters => ({
  async list(group, { limit = 50, cursor } = {}) {
    if (cursor !== undefined && !entryId.test(cursor))
      throw new Error(`"${cursor}" is not a cursor of the dead letters: pass nextCursor of the page before`);
    const count = Math.min(500, Math.max(1, Math.floor(limit)));
    const newest = cursor === undefined ? "+" : `(${cursor}`;
    const found = await redis.xrevrangeBuffer(streamKeys.dead(group), newest, "-", "COUNT", count + 1);
    const data = found.slice(0, count).map(([id, parts]) => readLetter(id, parts));
    const last = data.at(-1);
    return { data, ...(found.length > count && last ? { nextCursor: last.id } : {}) };
  },

  count: (group) => redis.xlen(streamKeys.dead(group)),

  async groups() {
    const keys = new Set<string>();
    let cursor = "0";
    do {
      const [next, batch] = await redis.scan(cursor, "MATCH", streamKeys.allDead, "COUNT", 1_000);
      for (const key of batch) keys.add(key);
      cursor = next;
    } while (cursor !== "0");
    const counted = await Promise.all(
      [...keys].sort().map(async (key) => ({ group: streamKeys.groupOfDead(key), count: await redis.xlen(key) })),
    );
    return counted.filter(({ count }) => count > 0);
  },

  replay: async (group, id) =>
    entryId.test(id) && (await replayLetter(redis, streamKeys.dead(group), id, group)) !== null,

  drop: async (group, id) => entryId.test(id) && (await redis.xdel(streamKeys.dead(group), id)) === 1,
});
