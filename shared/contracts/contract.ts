// The vocabulary of contracts: how an action, an event and a job are declared, once, for validation, types and OpenAPI.
// Everything public about a service is in contracts/<service>.ts; nothing here imports the project.
import { z } from "zod";

/** What a caller must hold. `none` is open to the world, `user` to anyone signed in; the rest are abilities. */
export type Permission = "none" | "user" | "read" | "write" | "send" | "admin";

/**
 * What an action means to somebody who sees only some communities. `community`: it is limited to them, in SQL.
 * `organisation`: it holds nothing of one community's people and is the same for everybody. `own`: it is about the
 * caller alone. An action that does not say is for people who see everything; others are refused.
 */
export type Reach = "community" | "organisation" | "own";

/** Where an action appears in the REST API. Paths start below `/api/v1` unless `root` is set. `:name` marks a path field. */
export interface Rest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  /** Success status; 200 when absent. */
  readonly status?: 200 | 201 | 202 | 204;
  /** True: the path is not below /api/v1. */
  readonly root?: boolean;
  /** True: takes an `Idempotency-Key` (same key and body: the first answer; other body: 409). */
  readonly idempotent?: boolean;
  /** True: reading it is written to the audit log, as every change is. */
  readonly recorded?: boolean;
  /** True: it adds messages or jobs, so it is refused with 503 while there is no room for more. */
  readonly adds?: boolean;
  /** Set when the gateway answers by a handler of its own (uploads, streams, files): what it sends. */
  readonly produces?: string;
}

export interface ActionContract<P extends z.ZodType = z.ZodType, R extends z.ZodType = z.ZodType> {
  readonly summary: string;
  readonly permission: Permission;
  readonly scope?: Reach;
  readonly params: P;
  readonly result: R;
  readonly rest?: Rest;
  /** Milliseconds until a caller gives up; Moleculer's default (10 s) when absent. */
  readonly timeout?: number;
}

/** Declares an action. Params are a strict object: unknown fields are refused with 422. */
export const action = <P extends z.ZodType, R extends z.ZodType>(
  contract: ActionContract<P, R>,
): ActionContract<P, R> => contract;

/** Declares the payload of an event. The name's first part is its family, and each family is one stream. */
export const event = <P extends z.ZodType>(payload: P): P => payload;

export type QueueName = "default" | "emails" | "sms" | "calls" | "ai" | "provisioning";

export interface JobContract<I extends z.ZodType = z.ZodType> {
  readonly queue: QueueName;
  readonly input: I;
}

/** Declares a job type: the queue it travels on and its input. The owning group is the file it stands in. */
export const job = <I extends z.ZodType>(contract: JobContract<I>): JobContract<I> => contract;

/** A uuid as the application makes them (version 7). */
export const Id = z.uuid();
/** A moment on the wire: ISO 8601, UTC. */
export const Instant = z.iso.datetime();
/** A moment that a caller names: within the years that both the database and JavaScript can count with. */
export const GivenInstant = Instant.refine((at) => at >= "1900" && at < "9999", "expected a year from 1900 to 9998");
/** Which version of an object a change was made to; also sent as If-Match. */
export const Version = z.coerce.number().int().min(0).max(2_147_483_647);

/** Query fields of every list: at most `limit` rows (1 to 1000, default 50) after the opaque `cursor`. */
export const listQuery = {
  limit: z.coerce.number().int().min(1).max(1000).default(50),
  cursor: z.string().max(1000).optional(),
};

/** The page every list answers with: rows, the cursor of the next page (null at the end) and, where cheap, the total. */
export const page = <T extends z.ZodType>(item: T) =>
  z.object({ data: z.array(item), nextCursor: z.string().nullable(), total: z.number().int().optional() });

/** A piece of a CSV file; the gateway sends one after the other. Over HTTP the answer is the file. */
export const CsvPiece = z.object({ csv: z.string(), nextCursor: z.string().nullable() });

/** Parameters of an action that names one object by its id. */
export const byId = z.strictObject({ id: Id });
/** Answer of an action that has nothing to say but that it was done. */
export const Done = z.object({ ok: z.literal(true) });

/** Text that Postgres can hold: no NUL character, no half of a surrogate pair. */
export const clean = (schema: z.ZodString) =>
  schema.refine((s) => !s.includes("\0") && s.isWellFormed(), "has a NUL character or broken Unicode; take it out");
