// The subject of a message as the person got it. Rows keep values, not bodies: it is filled in when somebody looks.
import type { Sql } from "../db/knex.ts";
import { contentCache } from "./contents.ts";
import { fill } from "./fill.ts";

const caches = new WeakMap<Sql, ReturnType<typeof contentCache>>();
const contentsOf = (db: Sql) => {
  let cache = caches.get(db);
  if (!cache) {
    cache = contentCache(db);
    caches.set(db, cache);
  }
  return cache;
};

const noLink = () => "";

export interface Subjected {
  readonly source: string;
  readonly address: string | null;
  readonly content_id: string | null;
  readonly vars: Readonly<Record<string, string>> | null;
}

/** The subject, or null where there is none yet or the person was erased. */
export const subjectOf = async (db: Sql, row: Subjected): Promise<string | null> => {
  if (!row.content_id) return null;
  const { subject } = await contentsOf(db).get(row.content_id, row.source === "campaign");
  if (row.vars) return fill(subject, row.vars, noLink);
  // Nothing was filled in: the message was left out, or the person erased. The holes are shown as such.
  const open = subject.holes.flatMap((hole) => (hole.kind === "link" ? [] : [[hole.name, "…"] as const]));
  return fill(subject, Object.fromEntries(open), noLink);
};
