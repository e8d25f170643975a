// Content frozen when sending begins, stored once per distinct content and never changed, so what was sent can be shown again.
import { createHash } from "node:crypto";
import { note } from "../broker/debug-log.ts";
import { query, type Sql } from "../db/knex.ts";
import { type CompiledContent, compileContent } from "./compile.ts";
import { compileBulk } from "./footer.ts";

export interface FrozenContent {
  readonly id: string;
  readonly subject: string | null;
  readonly html: string | null;
  readonly text: string | null;
  readonly links: readonly string[];
}

export interface ContentToFreeze {
  readonly channel: "email" | "sms" | "call";
  readonly subject: string | null;
  readonly html: string | null;
  readonly text: string | null;
  readonly links: readonly string[];
}

const fingerprintOf = ({ channel, subject, html, text, links }: ContentToFreeze): string =>
  createHash("sha256")
    .update(JSON.stringify([channel, subject, html, text, links]))
    .digest("base64url");

/** Stores contents in one statement and returns their ids in the same order; the same content twice has the same id. */
export const freezeContents = async (
  db: Sql,
  newId: () => string,
  contents: readonly ContentToFreeze[],
): Promise<readonly string[]> => {
  const fingerprints = contents.map(fingerprintOf);
  const distinct = new Map(contents.map((content, i) => [fingerprints[i] as string, content]));
  // Always in one order: two requests with the same contents must not wait for each other.
  const given = [...distinct].sort(([a], [b]) => (a < b ? -1 : 1));
  // The update changes nothing: it makes the conflicting row come back.
  const rows = await query<{ id: string; fingerprint: string }>(
    db,
    `insert into messaging.contents (id, channel, subject, html, text, links, fingerprint)
     select id, channel, subject, html, text, links, fingerprint from jsonb_to_recordset(?::jsonb)
       as c(id uuid, channel text, subject text, html text, text text, links jsonb, fingerprint text)
     on conflict (fingerprint) do update set fingerprint = excluded.fingerprint returning id, fingerprint`,
    [JSON.stringify(given.map(([fingerprint, content]) => ({ id: newId(), fingerprint, ...content })))],
  );
  const ids = new Map(rows.map((row) => [row.fingerprint, row.id]));
  return fingerprints.map((fingerprint) => ids.get(fingerprint) as string);
};

/** Stores content and returns its id; the same content twice has the same id. */
export const freezeContent = async (db: Sql, id: string, content: ContentToFreeze): Promise<string> =>
  (await freezeContents(db, () => id, [content]))[0] as string;

/** The frozen content with this id, or undefined. */
export const readContent = async (db: Sql, id: string): Promise<FrozenContent | undefined> => {
  const rows = await query<FrozenContent>(
    db,
    "select id, subject, html, text, links from messaging.contents where id = ?",
    [id],
  );
  return rows[0];
};

const remembered = 100;

/** Reads and compiles contents, keeping the last hundred: content never changes, so nothing goes stale. */
export const contentCache = (db: Sql) => {
  const cache = new Map<string, Promise<CompiledContent>>();
  const load = async (id: string, bulk: boolean): Promise<CompiledContent> => {
    const content = await readContent(db, id);
    if (!content) throw new Error(`content ${id} is missing`);
    return bulk ? compileBulk(content) : compileContent(content, { trackLinks: false, extra: anyName });
  };
  return {
    /** Compiled content for sending: bulk with tracking and footer, single messages as they are. */
    get(id: string, bulk: boolean): Promise<CompiledContent> {
      const key = `${id}:${bulk}`;
      let entry = cache.get(key);
      note("cache", "content of a mail", { id, result: entry ? "hit" : "miss" });
      if (!entry) {
        entry = load(id, bulk);
        entry.catch(() => cache.delete(key));
        cache.set(key, entry);
        const oldest = cache.keys().next().value;
        if (cache.size > remembered && oldest !== undefined) cache.delete(oldest);
      }
      return entry;
    },
  };
};

/** Names were checked when the message was asked for; a transactional message may use any variable. */
const anyName: ReadonlySet<string> = new (class extends Set<string> {
  override has() {
    return true;
  }
})();
