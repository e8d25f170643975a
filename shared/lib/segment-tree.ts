// Reads a segment rule from JSON into a checked tree. Whatever comes in, the outcome is a tree or a RuleError that
// names the place (`rule.all.0.op`), what was found and what was expected. Depth and size are bounded.
import {
  opsOfType,
  type SegmentField,
  type SegmentOp,
  segmentField,
  segmentFieldNames,
  segmentOps,
} from "./segment-fields.ts";

const MAX_DEPTH = 10;
const MAX_CONDITIONS = 200;
const MAX_TEXT = 2000;
const MAX_LIST = 1000;

/** A place in a rule that cannot be understood. */
export class RuleError extends Error {
  override name = "RuleError";
  /** Where: `rule`, `rule.all.0.op`. */
  readonly path: string;

  constructor(path: string, message: string) {
    super(message);
    this.path = path;
  }
}

export type Scalar = string | number | boolean;
/** A moment: fixed, or so many milliseconds before now. */
export interface Moment {
  readonly at?: Date;
  readonly agoMs?: number;
  readonly text: string;
}
export interface Condition {
  readonly field: SegmentField;
  readonly op: SegmentOp;
  readonly value: Scalar | readonly Scalar[] | Moment | null;
}
export interface Group {
  readonly join: "all" | "any" | "none";
  readonly rules: readonly (Group | Condition)[];
}

const shown = (value: unknown): string => {
  const text = typeof value === "string" ? JSON.stringify(value.slice(0, 60)) : undefined;
  if (text !== undefined) return text;
  if (value === null || value === undefined) return value === null ? "null" : "nothing";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return typeof value === "object" ? "an object" : String(value);
};
const wrong = (path: string, expected: string, value: unknown) =>
  new RuleError(path, `expected ${expected}; found ${shown(value)}`);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const units: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

const readMoment = (path: string, value: unknown): Moment => {
  const expected = 'a date such as "2026-01-31" or "2026-01-31T09:00:00Z", or a time ago such as "-30d", "-12h", "-2w"';
  if (typeof value !== "string") throw wrong(path, expected, value);
  if (value === "now") return { agoMs: 0, text: "now" };
  const ago = /^-(\d{1,5})([mhdw])$/.exec(value);
  if (ago) return { agoMs: Number(ago[1]) * (units[ago[2] ?? ""] ?? 0), text: value };
  if (!/^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2}))?$/.test(value))
    throw wrong(path, expected, value);
  const at = new Date(value);
  // Date rolls 31 February over into March; such a date was never meant.
  const rolled = !value.includes("T") && !Number.isNaN(at.getTime()) && !at.toISOString().startsWith(value);
  if (Number.isNaN(at.getTime()) || rolled || at.getUTCFullYear() < 1900 || at.getUTCFullYear() > 9998)
    throw wrong(path, expected, value);
  return { at, text: value };
};

const readText = (path: string, value: unknown, expected = "text"): string => {
  if (typeof value !== "string") throw wrong(path, expected, value);
  if (value.length === 0) throw new RuleError(path, `expected ${expected}; found empty text. Use isSet or notSet`);
  if (value.length > MAX_TEXT)
    throw new RuleError(path, `expected at most ${MAX_TEXT} characters; found ${value.length}`);
  if (value.includes("\0") || !value.isWellFormed())
    throw new RuleError(path, `expected ${expected}; found a NUL character or broken Unicode`);
  return value;
};

const readNumber = (path: string, value: unknown): number => {
  if (typeof value !== "number" || !Number.isFinite(value)) throw wrong(path, "a number", value);
  return value;
};

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** One value as the field's type wants it, for eq, ne, in and has. */
const readScalar = (path: string, field: SegmentField, value: unknown): Scalar => {
  switch (field.type) {
    case "number":
      return readNumber(path, value);
    case "choice": {
      const choices = field.choices ?? [];
      if (typeof value !== "string" || !choices.includes(value))
        throw wrong(path, `one of ${choices.join(", ")}`, value);
      return value;
    }
    case "id":
      if (typeof value !== "string" || !uuid.test(value)) throw wrong(path, "an id (uuid)", value);
      return value.toLowerCase();
    case "attribute":
      if (typeof value === "boolean") return value;
      return typeof value === "number"
        ? readNumber(path, value)
        : readText(path, value, "text, a number, true or false");
    default:
      return readText(path, value);
  }
};

const readList = (path: string, field: SegmentField, value: unknown): readonly Scalar[] => {
  if (!Array.isArray(value) || value.length === 0 || value.length > MAX_LIST)
    throw wrong(path, `a list of 1 to ${MAX_LIST} values`, value);
  return value.map((item: unknown, index) => readScalar(`${path}.${index}`, field, item));
};

const readValue = (path: string, field: SegmentField, op: SegmentOp, value: unknown): Condition["value"] => {
  switch (op) {
    case "isSet":
    case "notSet":
      if (value === undefined || value === null || value === true || value === "") return null;
      throw new RuleError(path, `${op} takes no value; found ${shown(value)}. Take it out`);
    case "in":
      return readList(path, field, value);
    case "contains":
    case "startsWith":
      return readText(path, value);
    case "before":
    case "after":
      return readMoment(path, value);
    case "gt":
    case "gte":
    case "lt":
    case "lte":
      return field.type === "date" || field.type === "activity" ? readMoment(path, value) : readNumber(path, value);
    default:
      return readScalar(path, field, value);
  }
};

const readCondition = (path: string, raw: Record<string, unknown>): Condition => {
  for (const key of Object.keys(raw))
    if (key !== "field" && key !== "op" && key !== "value")
      throw new RuleError(
        `${path}.${key.slice(0, 60)}`,
        "is not part of a condition; expected field, op and value, or one of all, any, none with a list",
      );
  const name = raw.field;
  const field = typeof name === "string" ? segmentField(name) : undefined;
  if (!field) throw wrong(`${path}.field`, `one of ${segmentFieldNames.join(", ")} or attrs.<name>`, name);
  const op = segmentOps.find((known) => known === raw.op);
  const allowed = opsOfType[field.type];
  if (!op || !allowed.includes(op)) throw wrong(`${path}.op`, `one of ${allowed.join(", ")} for ${field.name}`, raw.op);
  return { field, op, value: readValue(`${path}.value`, field, op, raw.value) };
};

/**
 * Checks a rule and returns its tree; the outermost may be a group or a single condition.
 * Throws RuleError. Takes any value, also one nested a million deep.
 */
export const parseRule = (rule: unknown): Group | Condition => {
  let conditions = 0;
  const read = (path: string, raw: unknown, depth: number): Group | Condition => {
    if (depth > MAX_DEPTH) throw new RuleError(path, `is nested more than ${MAX_DEPTH} deep; flatten the rule`);
    if (!isObject(raw)) throw wrong(path, "{ all | any | none: [...] } or { field, op, value }", raw);
    const joins = (["all", "any", "none"] as const).filter((join) => Object.hasOwn(raw, join));
    const [join] = joins;
    if (!join) {
      conditions += 1;
      if (conditions > MAX_CONDITIONS)
        throw new RuleError(path, `is condition number ${conditions}; a rule has at most ${MAX_CONDITIONS}`);
      return readCondition(path, raw);
    }
    const extra = Object.keys(raw).find((key) => key !== join);
    if (extra !== undefined)
      throw new RuleError(
        `${path}.${extra.slice(0, 60)}`,
        `cannot stand beside ${join}; expected ${join} alone. Nest the rules`,
      );
    const list = raw[join];
    if (!Array.isArray(list)) throw wrong(`${path}.${join}`, "a list of rules", list);
    if (list.length === 0)
      throw new RuleError(
        `${path}.${join}`,
        "is empty; expected at least one condition. To reach everybody use the audience all",
      );
    if (list.length > MAX_CONDITIONS)
      throw new RuleError(`${path}.${join}`, `has ${list.length} rules; expected at most ${MAX_CONDITIONS}`);
    return { join, rules: list.map((item: unknown, index) => read(`${path}.${join}.${index}`, item, depth + 1)) };
  };
  return read("rule", rule, 1);
};
