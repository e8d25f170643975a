// What a group could not handle, as Redis keeps it between its death and the moment it is collected into Postgres
// (shared/jobs/collect-letters.ts), which is where people decide about it.
import type { Redis } from "ioredis";
import { streamKeys } from "./stream-keys.ts";

export interface DeadLetter {
  /** Id of the letter in its stream. */
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
  /** The entry's fields; bytes that are no text appear as `base64:…`. */
  readonly fields: Readonly<Record<string, string>>;
}

export interface DeadLetters {
  /** The oldest of these groups, at most `limit` of each (default 50). */
  oldest(groups: readonly string[], limit?: number): Promise<readonly DeadLetter[]>;
  /** How many wait to be collected. */
  count(group: string): Promise<number>;
  /** Forgets letters that are in Postgres by now. */
  forget(letters: readonly DeadLetter[]): Promise<void>;
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

const base64 = (bytes: Buffer): string => `base64:${bytes.toString("base64")}`;

const textOf = (bytes: Buffer): string => {
  try {
    const text = utf8.decode(bytes);
    // Postgres takes no NUL.
    return text.includes("\0") ? base64(bytes) : text;
  } catch {
    return base64(bytes);
  }
};

const readLetter = (group: string, id: Buffer, parts: readonly Buffer[]): DeadLetter => {
  const own: Record<string, string> = {};
  const fields: Record<string, string> = {};
  for (let i = 0; i + 1 < parts.length; i += 2) {
    const name = textOf(parts[i] as Buffer);
    if (name.startsWith("raw:")) fields[name.slice(4)] = textOf(parts[i + 1] as Buffer);
    else own[name] = String(parts[i + 1]);
  }
  const { id: subject, type } = fields;
  return {
    id: id.toString(),
    group,
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

/** The dead letters in `redis`, a client for short commands. */
export const deadLetters = (redis: Redis): DeadLetters => ({
  async oldest(groups, limit = 50) {
    const found = await Promise.all(
      groups.map((group) => redis.xrangeBuffer(streamKeys.dead(group), "-", "+", "COUNT", limit)),
    );
    return found.flatMap((entries, index) =>
      entries.map(([id, parts]) => readLetter(groups[index] as string, id, parts)),
    );
  },
  count: (group) => redis.xlen(streamKeys.dead(group)),
  async forget(letters) {
    for (const [group, own] of Map.groupBy(letters, (letter) => letter.group))
      await redis.xdel(streamKeys.dead(group), ...own.map(({ id }) => id));
  },
});
