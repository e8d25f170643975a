// Compiles a segment's rule tree to parameterised SQL over `contacts.v_contacts c`. Pure: no connection, no clock.
// Whatever JSON comes in, the outcome is SQL that Postgres can run, or a RuleError that names the wrong place.
import { conditionSql, type Fragment, type SqlValue } from "./segment-sql.ts";
import { type Condition, type Group, parseRule } from "./segment-tree.ts";

export { segmentFieldNames, segmentOps } from "./segment-fields.ts";
export { ruleSentence } from "./segment-sentence.ts";
export { RuleError } from "./segment-tree.ts";

/** A boolean expression over `contacts.v_contacts c` with `?` placeholders (knex style), and their values. */
export interface CompiledRule {
  readonly sql: string;
  readonly bindings: readonly SqlValue[];
}

const groupSql = (node: Group | Condition, now: Date): Fragment => {
  if (!("join" in node)) return conditionSql(node, now);
  const parts = node.rules.map((rule) => groupSql(rule, now));
  const joined = `(${parts.map((part) => part.sql).join(node.join === "all" ? " and " : " or ")})`;
  // A condition on a missing value is null; `is not true` makes "none of" count it as not fulfilled.
  return {
    sql: node.join === "none" ? `(${joined} is not true)` : joined,
    bindings: parts.flatMap((part) => part.bindings),
  };
};

/**
 * Compiles a rule. `now` is what relative times such as "-30d" count from.
 * Use it as `select ... from contacts.v_contacts c where <sql>` with `bindings` in order.
 * Throws RuleError with `path` (for example `rule.all.0.op`) and a message that says what was found and expected.
 */
export const compileRule = (rule: unknown, { now }: { readonly now: Date }): CompiledRule =>
  groupSql(parseRule(rule), now);
