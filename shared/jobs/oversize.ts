// The refusal of jobs and events that carry more than they should: before anything of them is written.
import { fail } from "../contracts/errors.ts";

/** Throws VALIDATION_FAILED when `value` (or its JSON, given as text) has more bytes than `most`. */
export const refuseOversize = (what: string, value: unknown, most: number): void => {
  const bytes = Buffer.byteLength(typeof value === "string" ? value : (JSON.stringify(value) ?? ""));
  if (bytes <= most) return;
  const message = `carries ${bytes} bytes, and at most ${most} are taken; keep the data in a table and pass its id`;
  throw fail("VALIDATION_FAILED", `${what} ${message}`, { errors: [{ path: "", message }] });
};
