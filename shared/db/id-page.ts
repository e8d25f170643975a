// Pages of lists that are ordered by id, newest first: version 7 ids sort by the time they were made.
import { cursorInvalid } from "../contracts/errors.ts";
import { decodeCursor, encodeCursor } from "../lib/cursor.ts";

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The id in a cursor of a list by id. Throws CURSOR_INVALID. */
export const idOfCursor = (cursor: string | undefined): string | undefined => {
  if (cursor === undefined) return undefined;
  const [id] = decodeCursor(cursor, 1) ?? [];
  if (typeof id !== "string" || !uuid.test(id)) throw cursorInvalid();
  return id;
};

/** A page of `limit` rows out of `limit + 1`, with the cursor of the next. */
export const pageById = <T extends { readonly id: string }>(rows: readonly T[], limit: number) => {
  const data = rows.slice(0, limit);
  const last = data.at(-1);
  return { data, nextCursor: rows.length > limit && last ? encodeCursor([last.id]) : null };
};
