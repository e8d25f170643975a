// A segment rule as a sentence that a person can check: `stage is sales and (tag is "vip" or score is over 50)`.
import type { SegmentOp } from "./segment-fields.ts";
import { type Condition, type Group, type Moment, parseRule, type Scalar } from "./segment-tree.ts";

const verbs: Readonly<Record<SegmentOp, string>> = {
  eq: "is",
  ne: "is not",
  in: "is one of",
  has: "is",
  contains: "contains",
  startsWith: "starts with",
  gt: "is over",
  gte: "is at least",
  lt: "is under",
  lte: "is at most",
  before: "is before",
  after: "is after",
  isSet: "is known",
  notSet: "is not known",
};
const dateVerbs: Readonly<Partial<Record<SegmentOp, string>>> = {
  gt: "is after",
  gte: "is at or after",
  lt: "is before",
  lte: "is at or before",
};
const unitWords: Readonly<Record<string, string>> = { m: "minute", h: "hour", d: "day", w: "week" };

const word = (value: Scalar): string => (typeof value === "string" ? `"${value}"` : String(value));

const moment = ({ text }: Moment): string => {
  const ago = /^-(\d+)([mhdw])$/.exec(text);
  if (!ago) return text;
  return `${Number(ago[1])} ${unitWords[ago[2] ?? ""]}${Number(ago[1]) === 1 ? "" : "s"} ago`;
};

const conditionWords = ({ field, op, value }: Condition): string => {
  if (field.type === "activity" && (op === "isSet" || op === "notSet"))
    return `there is ${op === "isSet" ? "a" : "no"} ${field.label}`;
  if (field.type === "tags" && (op === "isSet" || op === "notSet"))
    return op === "isSet" ? "there is a tag" : "there is no tag";
  const isMoment = typeof value === "object" && value !== null && !Array.isArray(value);
  const verb = (isMoment ? dateVerbs[op] : undefined) ?? verbs[op];
  const list = Array.isArray(value) ? (value as readonly Scalar[]) : undefined;
  const what = list
    ? list.length > 5
      ? `${list.slice(0, 5).map(word).join(", ")} and ${list.length - 5} more`
      : list.map(word).join(", ")
    : isMoment
      ? moment(value as Moment)
      : value === null
        ? ""
        : word(value as Scalar);
  return `${field.label} ${verb} ${what}`.trim();
};

const words = (node: Group | Condition, inside: boolean): string => {
  if (!("join" in node)) return conditionWords(node);
  const glue = node.join === "all" ? " and " : " or ";
  const text = node.rules.map((rule) => words(rule, node.rules.length > 1 || node.join === "none")).join(glue);
  if (node.join === "none") return `not (${text})`;
  return inside && node.rules.length > 1 ? `(${text})` : text;
};

/** The rule in words. Throws RuleError when the rule cannot be understood. */
export const ruleSentence = (rule: unknown): string => words(parseRule(rule), false);
