// A segment's rule as the builder edits it, and as the API takes it: `{ all | any | none: [rule | { field, op, value }] }`.

export type Mode = "all" | "any" | "none";
export interface Condition {
  readonly key: string;
  readonly field: string;
  readonly op: string;
  readonly value: string;
}
export interface Group {
  readonly key: string;
  readonly mode: Mode;
  readonly rules: readonly Node[];
}
export type Node = Condition | Group;
export type ApiRule = Record<string, unknown>;

export const isGroup = (node: Node): node is Group => "rules" in node;
const key = (): string => crypto.randomUUID();
export const newCondition = (): Condition => ({ key: key(), field: "tags", op: "has", value: "" });
export const newGroup = (mode: Mode = "any"): Group => ({ key: key(), mode, rules: [newCondition()] });

export const opWords: Readonly<Record<string, string>> = {
  eq: "is",
  ne: "is not",
  in: "is one of",
  has: "has",
  contains: "contains",
  startsWith: "starts with",
  gt: "is more than",
  gte: "is at least",
  lt: "is less than",
  lte: "is at most",
  before: "is before",
  after: "is after",
  isSet: "is known",
  notSet: "is missing",
};
const fieldNames: Readonly<Record<string, string>> = {
  email: "Email",
  phone: "Phone",
  firstName: "First name",
  lastName: "Last name",
  orgName: "Organisation",
  kind: "Kind",
  community: "Community",
  communityId: "Community id",
  tags: "Tags",
  externalId: "External id",
  timezone: "Time zone",
  stage: "Stage",
  score: "Score",
  createdAt: "Added",
  "email.lastOpenedAt": "Last opened a mail",
  "email.lastClickedAt": "Last clicked in a mail",
  lastRepliedAt: "Last replied",
};
/** A field's name for people. */
export const fieldName = (field: string): string => fieldNames[field] ?? field.replace(/^attrs\./, "");

const texts = ["eq", "ne", "in", "contains", "startsWith", "isSet", "notSet"];
/** Operators that make sense for a field; the first is its default. */
export const opsOf = (field: string): readonly string[] => {
  if (field === "tags") return ["has", "isSet", "notSet"];
  if (field === "score") return ["gte", "gt", "lt", "lte", "eq", "ne"];
  if (isDate(field)) return ["after", "before", "isSet", "notSet"];
  if (field.startsWith("attrs.")) return [...texts, "gt", "gte", "lt", "lte"];
  return texts;
};
export const isDate = (field: string): boolean => /At$/.test(field);
export const needsValue = (op: string): boolean => op !== "isSet" && op !== "notSet";

const apiValue = ({ field, op, value }: Condition): unknown => {
  if (op === "in")
    return value
      .split(",")
      .map((part) => part.trim())
      .filter((part) => part !== "");
  if (isDate(field)) return value === "" ? "" : new Date(`${value}T00:00:00`).toISOString();
  if (field === "score" || ["gt", "gte", "lt", "lte"].includes(op))
    return Number.isFinite(Number(value)) && value.trim() !== "" ? Number(value) : value;
  return value;
};

/** Is every condition filled in, and every group not empty? */
export const isComplete = (node: Node): boolean =>
  isGroup(node)
    ? node.rules.length > 0 && node.rules.every(isComplete)
    : !needsValue(node.op) || node.value.trim() !== "";

/** The rule as the API takes it. */
export const toApi = (node: Node): ApiRule =>
  isGroup(node)
    ? { [node.mode]: node.rules.map(toApi) }
    : { field: node.field, op: node.op, ...(needsValue(node.op) ? { value: apiValue(node) } : {}) };

/** A stored rule as the builder edits it. */
export const fromApi = (rule: ApiRule): Group => {
  const node = nodeFrom(rule);
  return isGroup(node) ? node : { key: key(), mode: "all", rules: [node] };
};
const nodeFrom = (rule: ApiRule): Node => {
  const mode = (["all", "any", "none"] as const).find((name) => Array.isArray(rule[name]));
  if (mode) return { key: key(), mode, rules: (rule[mode] as ApiRule[]).map(nodeFrom) };
  const field = String(rule["field"] ?? "email");
  const raw = rule["value"];
  const value = Array.isArray(raw)
    ? raw.join(", ")
    : isDate(field) && typeof raw === "string"
      ? raw.slice(0, 10)
      : String(raw ?? "");
  return { key: key(), field, op: String(rule["op"] ?? "eq"), value };
};
