// Idempotency-Key: the first answer to a request is kept for a day and given again to every repetition of it.
// A repetition that comes while the first still runs waits for it; a first that died blocks nobody for longer than a minute.
import { createHash } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { Deps } from "../../shared/broker/deps.ts";
import { fail } from "../../shared/contracts/errors.ts";
import { withPostgres } from "../postgres-deadline.ts";
import { type KeyedRequest, keep, look, release, take } from "./store.ts";

const waitMs = 5_000;
const lookEveryMs = 100;
const keyShape = /^[\x21-\x7e]{1,200}$/;

export interface Answer {
  readonly status: number;
  readonly value: unknown;
  /** True when it is the answer of an earlier request. */
  readonly replayed: boolean;
}

/** The key of a request's header, or undefined. Throws VALIDATION_FAILED when it is not 1 to 200 printable characters. */
export const readKey = (header: string | string[] | undefined): string | undefined => {
  if (header === undefined) return undefined;
  if (typeof header === "string" && keyShape.test(header)) return header;
  throw fail(
    "VALIDATION_FAILED",
    "The header Idempotency-Key needs 1 to 200 printable characters without spaces, for example a uuid",
    {
      errors: [{ path: "Idempotency-Key", message: "needs 1 to 200 printable characters" }],
    },
  );
};

/** Like JSON, with the fields of objects in order, so that two spellings of one request hash alike. */
const canonical = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`).join(",")}}`;
};

/** SHA-256 of the parts of a request; the order of fields does not matter. */
export const hashOf = (value: unknown): Buffer => createHash("sha256").update(canonical(value)).digest();

/**
 * Runs the work once per key and answers its value with `status`, or the first answer again.
 * A work that fails leaves nothing behind, so that the same key may try again. Throws IDEMPOTENCY_KEY_REUSED when the key
 * came with another request, IDEMPOTENCY_IN_PROGRESS when the first is still running after five seconds.
 */
export const once = async (
  deps: Pick<Deps, "db" | "id" | "clock" | "log">,
  request: KeyedRequest,
  status: number,
  work: () => Promise<unknown>,
): Promise<Answer> => {
  const attempt = deps.id();
  const giveUpAt = deps.clock.monotonic() + waitMs;
  while (!(await withPostgres(() => take(deps.db, request, attempt)))) {
    const kept = await withPostgres(() => look(deps.db, request));
    if (kept && !kept.hash.equals(request.hash))
      throw fail(
        "IDEMPOTENCY_KEY_REUSED",
        "This Idempotency-Key came with another request before. Use a new key for a new request, and the same body for a repetition.",
      );
    if (kept?.status != null) return { status: kept.status, value: JSON.parse(kept.answer ?? "null"), replayed: true };
    if (deps.clock.monotonic() >= giveUpAt)
      throw fail(
        "IDEMPOTENCY_IN_PROGRESS",
        "The first request with this Idempotency-Key is still running. Ask again for its answer in a moment.",
        { retryAfter: 2 },
      );
    await delay(lookEveryMs);
  }
  let value: unknown;
  try {
    value = await work();
  } catch (error) {
    await withPostgres(() => release(deps.db, request, attempt)).catch(() => undefined);
    throw error;
  }
  // The work is done whether or not its answer can be kept; a lost answer must not look like lost work.
  await withPostgres(() => keep(deps.db, request, attempt, status, value)).catch((error: unknown) =>
    deps.log.warn(`an idempotent answer could not be kept: ${(error as Error).message}`),
  );
  return { status, value, replayed: false };
};
