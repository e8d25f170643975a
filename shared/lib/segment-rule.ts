// Compiles a segment's rule tree to parameterised SQL over `contacts.v_contacts c`. Pure: no connection, no clock.
// Whatever JSON comes in, the outcome is SQL that Postgres can run, or a RuleError that names the wrong place.
import { conditionSql, type Fragment, type SqlValue } from "./segment-sql.ts";
import { type Condition, type Group, parseRule, type Scalar } from "./segment-tree.ts";

export { segmentFieldNames, segmentOps } from "./segment-fields.ts";
export { ruleSentence } from "./segment-sentence.ts";
export { RuleError } from "./segment-tree.ts";

/** A boolean expression over `contacts.v_contacts c` with `?` placeholders (knex style), and their values. */
export interface CompiledRule {
  readonly sql: string;
  readonly bindings: readonly SqlValue[];
  /** Set when the rule is "none of …": who is outside of it. Counting them and subtracting is quicker. */
  readonly outside?: { readonly sql: string; readonly bindings: readonly SqlValue[] };
}

const isTag = (node: Group | Condition): node is Condition =>
  !("join" in node) && node.field.type === "tags" && (node.op === "eq" || node.op === "has" || node.op === "in");

/** Several tags of which one is enough become one look-up of all of them. */
const withTagsTogether = (rules: Group["rules"]): Group["rules"] => {
  const named = rules.filter(isTag);
  const [first] = named;
  if (!first || named.length < 2) return rules;
  const value = named.flatMap((rule) =>
    Array.isArray(rule.value) ? (rule.value as readonly Scalar[]) : [rule.value as Scalar],
  );
  return [{ field: first.field, op: "in", value }, ...rules.filter((rule) => !isTag(rule))];
};

const groupSql = (node: Group | Condition, now: Date): Fragment => {
  if (!("join" in node)) return conditionSql(node, now);
  const rules = node.join === "all" ? node.rules : withTagsTogether(node.rules);
  const parts = rules.map((rule) => groupSql(rule, now));
  const bindings = parts.flatMap((part) => part.bindings);
  // A condition on a missing value is null; `is not true` makes "none of" count it as not fulfilled.
  const texts =
    node.join === "none"
      ? parts.map((part) => part.opposite ?? `((${part.sql}) is not true)`)
      : parts.map((part) => part.sql);
  return { sql: `(${texts.join(node.join === "any" ? " or " : " and ")})`, bindings };
};

/**
 * Compiles a rule. `now` is what relative times such as "-30d" count from.
 * Use it as `select ... from contacts.v_contacts c where <sql>` with `bindings` in order.
 * Throws RuleError with `path` (for example `rule.all.0.op`) and a message that says what was found and expected.
 */
export const compileRule = (rule: unknown, { now }: { readonly now: Date }): CompiledRule => {
  const tree = parseRule(rule);
  const compiled = groupSql(tree, now);
  if (!("join" in tree) || tree.join !== "none") return compiled;
  const { sql, bindings } = groupSql({ ...tree, join: "any" }, now);
  return { ...compiled, outside: { sql, bindings } };
};
