// Opaque list cursors: the sort values of the last row of a page, so that the next page starts after it (keyset paging).

/** Cursor that stands for a row's sort values. */
export const encodeCursor = (values: readonly (string | number | null)[]): string =>
  Buffer.from(JSON.stringify(values)).toString("base64url");

/** The sort values in a cursor, or undefined when this is not a cursor of `length` values. */
export const decodeCursor = (cursor: string, length: number): (string | number | null)[] | undefined => {
  try {
    const values: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
    const fits =
      Array.isArray(values) &&
      values.length === length &&
      values.every((value) => value === null || typeof value === "string" || typeof value === "number");
    return fits ? (values as (string | number | null)[]) : undefined;
  } catch {
    return undefined;
  }
};
