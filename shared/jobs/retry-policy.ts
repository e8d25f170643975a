// When a failed run is tried again, and what is kept of its error. Pure: no clock, no database.
import { createHash } from "node:crypto";
import { errorCode } from "../contracts/errors.ts";
import type { JobOptions } from "./define.ts";

/** What a type gets that says nothing else. */
export const jobDefaults = { attempts: 3, backoffMs: 1_000, backoffCapMs: 600_000, timeoutMs: 60_000 } as const;

/** A type that this process does not know may be known to a newer one: it is offered again for about an hour. */
export const unknownTypeOptions: JobOptions = { attempts: 12, backoffMs: 5_000, backoffCapMs: 600_000 };

/** Milliseconds before the next run after `attempt` runs: exponential with full jitter, 0 to the ceiling. */
export const retryDelay = (attempt: number, options: JobOptions, random: () => number = Math.random): number => {
  const first = options.backoffMs ?? jobDefaults.backoffMs;
  const cap = options.backoffCapMs ?? jobDefaults.backoffCapMs;
  return Math.round(random() * Math.min(cap, first * 2 ** Math.min(attempt - 1, 40)));
};

/** The delay of a job that met a crowd of its type: the longer the line, the later it comes again. */
export const crowdDelay = (crowd: number): number =>
  Math.min(60_000, 1_000 * Math.max(1, crowd / 20)) * (0.5 + Math.random() / 2);

/** What is kept of one failed attempt. Never the job's input. */
export interface AttemptError {
  readonly attempt: number;
  /** ISO 8601, UTC. */
  readonly at: string;
  /** Code of the error catalogue where there is one, else the error's name. */
  readonly class: string;
  readonly message: string;
  /** First lines of the stack, relative to the project. */
  readonly frames: readonly string[];
}

const root = `${process.cwd()}/`;

/** Postgres takes neither NUL nor half a character in json. */
export const storable = (text: string, length: number): string =>
  text.replaceAll("\u0000", "").toWellFormed().slice(0, length).toWellFormed();

const framesOf = (error: Error): string[] =>
  (error.stack ?? "")
    .split("\n")
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 5)
    .map((line) => storable(line.trim().replace(/^at /, "").replace("file://", "").replace(root, ""), 300));

/** What went wrong. Knex puts the whole statement before Postgres's own sentence, which is the part that helps. */
const reasonOf = (error: Error): string => {
  const fromPostgres = "severity" in error && "routine" in error;
  return fromPostgres ? error.message.slice(error.message.lastIndexOf(" - ") + 1).replace(/^- /, "") : error.message;
};

/** The record of a thrown value; `at` is the moment it was caught. */
export const attemptError = (thrown: unknown, attempt: number, at: Date): AttemptError => {
  const error = thrown instanceof Error ? thrown : new Error(`A ${typeof thrown} was thrown instead of an error`);
  return {
    attempt,
    at: at.toISOString(),
    class: storable(errorCode(error) ?? error.name, 100),
    message: storable(reasonOf(error), 1_000),
    frames: framesOf(error),
  };
};

/** Same for failures of the same kind: 16 hex digits over type, class and first frame. */
export const fingerprint = (type: string, error: Pick<AttemptError, "class" | "frames">): string =>
  createHash("sha256")
    .update(`${type}\n${error.class}\n${error.frames[0] ?? ""}`)
    .digest("hex")
    .slice(0, 16);
