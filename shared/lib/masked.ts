// The shape of a value without its content: what an operator may see of a payload before asking for it.
// Names of fields, lengths of lists, ids, moments and yes or no stay; every other text and number is masked.

const plain = /^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT[\d:.]+Z)$/i;
const mask = "•••";
/** Deeper than this is one mask. */
const deepest = 20;

/** The value with its texts and numbers masked. */
export const masked = (value: unknown, depth = 0): unknown => {
  if (value === null || typeof value === "boolean") return value;
  if (typeof value === "string" && plain.test(value)) return value;
  if (typeof value !== "object" || depth >= deepest) return mask;
  if (Array.isArray(value)) return value.map((item) => masked(item, depth + 1));
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, masked(item, depth + 1)]));
};
