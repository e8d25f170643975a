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
  within: "in the last … days",
  olderThan: "more than … days ago",
};
/** Words that differ for one field. */
const tagWords: Readonly<Record<string, string>> = {
  has: "has",
  ne: "does not have",
  in: "has one of",
  contains: "has one that contains",
  isSet: "has any",
  notSet: "has none",
};
/** How an operator reads after the name of a field. */
export const opWord = (field: string, op: string): string =>
  (field === "tags" ? tagWords[op] : undefined) ?? opWords[op] ?? op;

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
  "email.lastOpenedAt": "Last opened",
  "email.lastClickedAt": "Last clicked",
  lastRepliedAt: "Last replied",
};
/** A field's name for people. */
export const fieldName = (field: string): string => fieldNames[field] ?? field.replace(/^attrs\./, "");

const texts = ["eq", "ne", "in", "contains", "startsWith", "isSet", "notSet"];
/** Fields with a closed list of values. */
export const choicesOf: Readonly<Record<string, readonly string[]>> = {
  kind: ["person", "business"],
  stage: ["awareness", "engagement", "sales", "retention", "churn"],
};
/** Operators that make sense for a field; the first is its default. */
export const opsOf = (field: string): readonly string[] => {
  if (field === "tags") return ["has", "ne", "in", "contains", "isSet", "notSet"];
  if (field === "score") return ["gte", "gt", "lt", "lte", "eq", "ne"];
  if (field === "community") return ["eq", "ne", "in", "contains"];
  if (Object.hasOwn(choicesOf, field)) return ["eq", "ne"];
  if (isDate(field)) return ["within", "olderThan", "after", "before", "isSet", "notSet"];
  if (field.startsWith("attrs.")) return [...texts, "gt", "gte", "lt", "lte"];
  return texts;
};
export const isDate = (field: string): boolean => /At$/.test(field) && !field.startsWith("attrs.");
export const needsValue = (op: string): boolean => op !== "isSet" && op !== "notSet";
/** Days before now, which only the builder calls by names of their own. */
export const isDays = (op: string): boolean => op === "within" || op === "olderThan";
export const isNumber = (field: string, op: string): boolean =>
  isDays(op) || (!isDate(field) && (field === "score" || ["gt", "gte", "lt", "lte"].includes(op)));

/** What is wrong with a condition in itself, or undefined. */
export const complaint = ({ field, op, value }: Condition): string | undefined => {
  if (!needsValue(op) || value.trim() === "") return undefined;
  if (isDays(op)) return /^[1-9]\d{0,4}$/.test(value.trim()) ? undefined : "a whole number of days";
  if (isNumber(field, op)) return Number.isFinite(Number(value)) ? undefined : "a number";
  return undefined;
};

const parts = (value: string): string[] =>
  value
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");

const apiValue = ({ field, op, value }: Condition): unknown => {
  if (op === "in") return parts(value);
  if (isNumber(field, op)) return Number(value);
  return value;
};

/** Is every condition filled in, and every group not empty? */
export const isComplete = (node: Node): boolean =>
  isGroup(node)
    ? node.rules.length > 0 && node.rules.every(isComplete)
    : !needsValue(node.op) ||
      (node.value.trim() !== "" && complaint(node) === undefined && (node.op !== "in" || parts(node.value).length > 0));

const conditionToApi = (condition: Condition): ApiRule => {
  const { field, op, value } = condition;
  if (isDays(op)) return { field, op: op === "within" ? "after" : "before", value: `-${value.trim()}d` };
  return { field, op, ...(needsValue(op) ? { value: apiValue(condition) } : {}) };
};

/** The rule as the API takes it. */
export const toApi = (node: Node): ApiRule =>
  isGroup(node) ? { [node.mode]: node.rules.map(toApi) } : conditionToApi(node);

/** A stored rule as the builder edits it. */
export const fromApi = (rule: ApiRule): Group => {
  const node = nodeFrom(rule);
  return isGroup(node) ? node : { key: key(), mode: "all", rules: [node] };
};
const nodeFrom = (rule: ApiRule): Node => {
  const mode = (["all", "any", "none"] as const).find((name) => Array.isArray(rule[name]));
  if (mode) return { key: key(), mode, rules: (rule[mode] as ApiRule[]).map(nodeFrom) };
  const field = String(rule["field"] ?? "email");
  const op = String(rule["op"] ?? "eq");
  const raw = rule["value"];
  const ago = isDate(field) && typeof raw === "string" ? /^-(\d+)([dw])$/.exec(raw) : null;
  if (ago && (op === "after" || op === "before")) {
    const days = Number(ago[1]) * (ago[2] === "w" ? 7 : 1);
    return { key: key(), field, op: op === "after" ? "within" : "olderThan", value: String(days) };
  }
  return { key: key(), field, op, value: Array.isArray(raw) ? raw.join(", ") : String(raw ?? "") };
};

/** The group with one of its rules a place further up (-1) or down (1). */
export const moved = (group: Group, index: number, by: -1 | 1): Group => {
  const rules = [...group.rules];
  const [node] = rules.splice(index, 1);
  if (node) rules.splice(index + by, 0, node);
  return { ...group, rules };
};
