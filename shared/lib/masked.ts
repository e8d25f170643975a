// The shape of a value without what it says: which fields there are, of which kind, and how much is in them. For screens
// that show data which may be about people before anybody asked to see it.

/** Ids and moments say nothing about a person by themselves, and they are what an operator looks for. */
const plain =
  /^(?:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d))$/i;
/** Names of fields as programs choose them; others may be data themselves. */
const fieldName = /^[A-Za-z][\w.-]{0,63}$/;
const mostDepth = 8;
const mostItems = 20;

const words = (value: unknown): string => {
  if (typeof value === "string") return value === "" ? "empty text" : `text, ${value.length} characters`;
  return typeof value === "boolean" ? "yes or no" : `a ${typeof value}`;
};

/** `{ to: "ada@example.org" }` → `{ to: "text, 15 characters" }`. Lists longer than 20 are cut, with a word about it. */
export const masked = (value: unknown, depth = 0): unknown => {
  if (value === null || value === undefined) return null;
  if (typeof value === "string" && plain.test(value)) return value;
  if (typeof value !== "object") return words(value);
  if (depth >= mostDepth) return Array.isArray(value) ? "a list" : "an object";
  if (Array.isArray(value)) {
    const shown = value.slice(0, mostItems).map((item) => masked(item, depth + 1));
    return value.length > mostItems ? [...shown, `and ${value.length - mostItems} more`] : shown;
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, item], index) => [
      fieldName.test(name) ? name : `field ${index + 1}`,
      masked(item, depth + 1),
    ]),
  );
};
