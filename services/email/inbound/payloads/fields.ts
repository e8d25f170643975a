// Reads fields out of JSON that a vendor sent: genuine, but of a shape that nobody here decides. What is not as expected
// is absent; only a body that is no JSON at all is an error.

export type Fields = Readonly<Record<string, unknown>>;

const longest = 1_000;

/** What a payload cannot be read as: the callback fails, and says so. */
export class Unreadable extends Error {
  override name = "Unreadable";
}

/** The JSON in the bytes. Throws Unreadable. */
export const parseJson = (body: Buffer): unknown => {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    throw new Unreadable("The body is not JSON");
  }
};

/** The object, or an empty one. */
export const fieldsOf = (value: unknown): Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : {};

export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** Text of at most 1,000 characters that Postgres can hold, or null; a number counts as its digits. */
export const textOf = (value: unknown): string | null => {
  const text = typeof value === "number" ? String(value) : value;
  return typeof text === "string" && text !== "" ? text.slice(0, longest).replaceAll("\0", "").toWellFormed() : null;
};

/** A moment as text (ISO 8601) or in seconds, or `otherwise` when it is neither. */
export const momentOf = (value: unknown, otherwise: Date): Date => {
  const at = typeof value === "number" ? new Date(value * 1000) : new Date(textOf(value) ?? Number.NaN);
  return at.getTime() > 0 && at.getTime() < 8e12 ? at : otherwise;
};

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/i;

/** Our id of a message, alone or inside of the `Message-ID` that we gave it, `<id@domain>`. */
export const ourIdOf = (value: unknown): string | null => {
  const text = textOf(value)?.trim() ?? "";
  const found = new RegExp(`^<?(${uuid.source})(@[^>\\s]+)?>?$`, "i").exec(text)?.[1];
  return found?.toLowerCase() ?? null;
};
