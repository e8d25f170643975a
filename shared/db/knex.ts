// The process's Postgres pool, and what a lost connection looks like. Nothing here knows a table.
import knex, { type Knex } from "knex";
import { authorityFor } from "../certificates.ts";
import { postgresConnection } from "./postgres-url.ts";

export type Db = Knex;
export type Trx = Knex.Transaction;
/** Something SQL can run on: the pool, or a transaction in progress. */
export type Sql = Knex | Knex.Transaction;

/** A statement that has ended; its text has placeholders and no values. */
export interface Statement {
  readonly text: string;
  readonly ms: number;
  readonly rows: number;
  readonly failed: boolean;
}

let watcher: ((statement: Statement) => void) | undefined;

/** Hears of every statement of pools that are opened from now on, in the context that ran it. For the debug page. */
export const watchStatements = (next: (statement: Statement) => void): void => {
  watcher = next;
};

interface KnexQuery {
  readonly __knexQueryUid: string;
  readonly sql: string;
}

const watch = (db: Knex, told: (statement: Statement) => void): Knex => {
  const begun = new Map<string, number>();
  const ended = ({ __knexQueryUid: id, sql }: KnexQuery, rows: number, failed: boolean) => {
    const at = begun.get(id);
    begun.delete(id);
    if (at !== undefined) told({ text: sql, ms: performance.now() - at, rows, failed });
  };
  return db
    .on("query", (query: KnexQuery) => void begun.set(query.__knexQueryUid, performance.now()))
    .on("query-response", (response: { rowCount?: number; rows?: unknown[] } | undefined, query: KnexQuery) =>
      ended(query, response?.rows?.length ?? response?.rowCount ?? 0, false),
    )
    .on("query-error", (_error: unknown, query: KnexQuery) => ended(query, 0, true));
};

/**
 * Opens a pool of at most `connections`. Connections are made when first needed, so Postgres may still be away. Encrypted
 * as the URL's sslmode and the authority (PEM; LC_POSTGRES_CA's unless another is given) say; throws when they cannot be used.
 */
export const connectPostgres = (
  url: string,
  connections: number,
  name = "lc",
  authority = authorityFor("LC_POSTGRES_CA"),
): Db => {
  const db = knex({
    client: "pg",
    connection: {
      ...postgresConnection(url, authority),
      application_name: name,
      keepAlive: true,
      connectionTimeoutMillis: 10_000,
    },
    pool: { min: 0, max: connections, idleTimeoutMillis: 30_000 },
    acquireConnectionTimeout: 30_000,
    // Knex prints connection errors by itself, several times each; callers get them as rejections and say them once.
    log: { warn: () => undefined, error: () => undefined, debug: () => undefined, deprecate: () => undefined },
  });
  return watcher ? watch(db, watcher) : db;
};

/** The pool's connections: in use, open, at most, and how many callers wait for one. */
export const poolOf = (db: Db): { used: number; open: number; max: number; waiting: number } => {
  // Knex's own client knows its pool; its typings do not.
  const { pool } = db.client as {
    pool: { numUsed(): number; numFree(): number; numPendingAcquires(): number; max: number };
  };
  const used = pool.numUsed();
  return { used, open: used + pool.numFree(), max: pool.max, waiting: pool.numPendingAcquires() };
};

const lostConnection = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "57P01",
  "57P02",
  "57P03",
  "08000",
  "08001",
  "08003",
  "08004",
  "08006",
  "53300",
]);

/** True when the error means that Postgres is away or just went away, so that the same work may be tried again later. */
export const isConnectionLost = (error: unknown): boolean => {
  if (!(error instanceof Error)) return false;
  const code = (error as { code?: unknown }).code;
  if (typeof code === "string" && lostConnection.has(code)) return true;
  if (error instanceof AggregateError) return error.errors.some(isConnectionLost);
  return /Connection terminated|connection timeout|^timeout expired$|timeout exceeded when trying to connect|Timeout acquiring a connection|Client has encountered a connection error/i.test(
    error.message,
  );
};

/** True when the connection went away under a statement: whether it was carried out is not known. */
export const isAnswerLost = (error: unknown): boolean => {
  const { code, message = "" } = (error ?? {}) as { code?: unknown; message?: string };
  return code === "ECONNRESET" || code === "EPIPE" || code === "ETIMEDOUT" || /Connection terminated/i.test(message);
};

/** True when Postgres could not write because its disk, or what it may use of it, is full. */
export const isOutOfSpace = (error: unknown): boolean => (error as { code?: unknown } | null)?.code === "53100";

/** True for a unique violation, optionally of the named constraint. */
export const isDuplicate = (error: unknown, constraint?: string): boolean => {
  const { code, constraint: found } = (error ?? {}) as { code?: string; constraint?: string };
  return code === "23505" && (constraint === undefined || found === constraint);
};

/**
 * Runs one statement with `?` placeholders and returns its rows. The row type is the caller's word: a border.
 * Arrays are passed as Postgres arrays, everything else as pg converts it.
 */
export const query = async <Row>(sql: Sql, text: string, bindings: readonly unknown[] = []): Promise<Row[]> => {
  const result: { rows: Row[] } = await sql.raw(text, bindings as Knex.RawBinding[]);
  return result.rows;
};

/** Resolves when Postgres answers a statement; rejects as the connection does. */
export const pingPostgres = async (db: Db): Promise<void> => {
  await query(db, "select 1");
};
