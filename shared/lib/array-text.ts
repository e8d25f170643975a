// Arrays as Postgres reads them from a text, for parameters of many thousand values: the driver's own way runs two regular
// expressions over every value, which is a tenth of the time of an import.

const quoted = (value: string): string =>
  value.includes("\\") || value.includes('"')
    ? `"${value.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`
    : `"${value}"`;

/** `{"a","b",NULL}`: to be bound as one value and cast, `?::text[]`. Undefined is null. */
export const textArray = (values: readonly (string | null | undefined)[]): string => {
  let text = "{";
  for (let at = 0; at < values.length; at += 1) {
    const value = values[at];
    if (at > 0) text += ",";
    text += value === null || value === undefined ? "NULL" : quoted(value);
  }
  return `${text}}`;
};

/** The same for ids, which need no quotes: `?::uuid[]`. */
export const idArray = (ids: readonly string[]): string => `{${ids.join(",")}}`;
