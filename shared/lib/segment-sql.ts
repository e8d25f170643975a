// SQL of one condition of a segment rule, over contacts.v_contacts c. Everything a person typed is a bound value;
// the text consists of constants of this file and columns of the field table. Text compares without regard to case.
import type { SegmentOp } from "./segment-fields.ts";
import type { Condition, Moment, Scalar } from "./segment-tree.ts";

/** What is bound to a placeholder; a list is bound as one array. */
export type SqlValue = string | number | boolean | string[] | number[];

/** A boolean expression with `?` placeholders and their values, in order. Null counts as false. */
export interface Fragment {
  readonly sql: string;
  readonly bindings: readonly SqlValue[];
}

/** Names of communities; contacts.v_contacts has their ids only. */
const COMMUNITIES = "contacts.v_communities";
const orderSigns: Readonly<Partial<Record<SegmentOp, string>>> = {
  gt: ">",
  gte: ">=",
  lt: "<",
  lte: "<=",
  before: "<",
  after: ">",
};
const sign = (op: SegmentOp): string => orderSigns[op] ?? "=";

const text = (value: Condition["value"]): string => String(value);
const texts = (value: Condition["value"]): string[] => (value as readonly Scalar[]).map(String);
const instant = (value: Condition["value"], now: Date): Date => {
  const moment = value as Moment;
  return moment.at ?? new Date(now.getTime() - (moment.agoMs ?? 0));
};

/**
 * Comparison of a text expression that is already lower case; Postgres lowers the value, so both sides follow its rules.
 * `own` are the bindings inside the expression.
 */
const textMatch = (lowered: string, own: readonly SqlValue[], op: SegmentOp, value: Condition["value"]): Fragment => {
  switch (op) {
    case "ne":
      return { sql: `${lowered} is distinct from lower(?::text)`, bindings: [...own, text(value)] };
    case "in":
      return {
        sql: `${lowered} = any(array(select lower(v) from unnest(?::text[]) v))`,
        bindings: [...own, texts(value)],
      };
    case "contains":
      return { sql: `position(lower(?::text) in ${lowered}) > 0`, bindings: [text(value), ...own] };
    case "startsWith":
      return { sql: `starts_with(${lowered}, lower(?::text))`, bindings: [...own, text(value)] };
    default:
      return { sql: `${lowered} = lower(?::text)`, bindings: [...own, text(value)] };
  }
};

const phoneLike = (value: Condition["value"]): Condition["value"] => {
  const bare = (one: unknown) => String(one).replace(/[\s().-]/g, "") || String(one);
  return Array.isArray(value) ? (value as readonly Scalar[]).map(bare) : bare(value);
};

const tags = ({ op, value }: Condition): Fragment => {
  const some = "exists (select 1 from contacts.v_contact_tags t where t.contact_id = c.id";
  if (op === "isSet") return { sql: `${some})`, bindings: [] };
  if (op === "notSet") return { sql: `not ${some})`, bindings: [] };
  const match = textMatch("t.tag", [], op === "ne" ? "eq" : op, value);
  return { sql: `${op === "ne" ? "not " : ""}${some} and ${match.sql})`, bindings: match.bindings };
};

const community = ({ op, value }: Condition): Fragment => {
  if (op === "isSet" || op === "notSet")
    return { sql: `c.community_id is ${op === "isSet" ? "not " : ""}null`, bindings: [] };
  const match = textMatch("lower(m.name)", [], op, value);
  return { sql: `c.community_id in (select m.id from ${COMMUNITIES} m where ${match.sql})`, bindings: match.bindings };
};

const activity = ({ field, op, value }: Condition, now: Date): Fragment => {
  // Events that are known to come from a machine do not count; unknown ones do.
  const events =
    "select 1 from messaging.v_delivery_events e join messaging.v_messages m on m.id = e.message_id" +
    ` where m.contact_id = c.id and e.type = '${field.event}' and e.human is not false${field.channel ? ` and m.channel = '${field.channel}'` : ""}`;
  if (op === "isSet") return { sql: `exists (${events})`, bindings: [] };
  if (op === "notSet") return { sql: `not exists (${events})`, bindings: [] };
  const at = instant(value, now).toISOString();
  if (op === "after" || op === "gt" || op === "gte")
    return { sql: `exists (${events} and e.at ${sign(op)} ?::timestamptz)`, bindings: [at] };
  // The last one is before a moment when there is one and none is later.
  const later = op === "lte" ? ">" : ">=";
  return { sql: `(exists (${events}) and not exists (${events} and e.at ${later} ?::timestamptz))`, bindings: [at] };
};

// Imported attributes are text, so numbers and dates compare where the text looks like one.
const attribute = (condition: Condition, now: Date): Fragment => {
  const { field, op, value } = condition;
  const found = "(c.attrs ->> ?::text)";
  const key = field.key ?? "";
  if (op === "isSet") return { sql: `${found} <> ''`, bindings: [key] };
  if (op === "notSet") return { sql: `coalesce(${found}, '') = ''`, bindings: [key] };
  if (op === "before" || op === "after")
    return {
      sql: `(${found} ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}' and ${found} collate "C" ${sign(op)} ?::text)`,
      bindings: [key, key, instant(value, now).toISOString()],
    };
  if (typeof value === "number") {
    const number = `case when ${found} ~ '^-{0,1}[0-9]{1,100}([.][0-9]{1,100}){0,1}$' then ${found}::numeric end`;
    const compare = op === "ne" ? "is distinct from" : sign(op);
    return { sql: `(${number}) ${compare} ?::numeric`, bindings: [key, key, value] };
  }
  return textMatch(`lower(${found})`, [key], op === "has" ? "eq" : op, value);
};

/** The condition as SQL. `now` is what relative times count from. */
export const conditionSql = (condition: Condition, now: Date): Fragment => {
  const { field, op, value } = condition;
  switch (field.type) {
    case "tags":
      return tags(condition);
    case "community":
      return community(condition);
    case "activity":
      return activity(condition, now);
    case "attribute":
      return attribute(condition, now);
    default:
  }
  const column = `c.${field.column}`;
  if (op === "isSet" || op === "notSet")
    return { sql: `${column} is ${op === "isSet" ? "not " : ""}null`, bindings: [] };
  if (field.type === "date")
    return { sql: `${column} ${sign(op)} ?::timestamptz`, bindings: [instant(value, now).toISOString()] };
  if (field.type === "number") {
    if (op === "in") return { sql: `${column} = any(?::numeric[])`, bindings: [value as number[]] };
    return { sql: `${column} ${op === "ne" ? "is distinct from" : sign(op)} ?::numeric`, bindings: [value as number] };
  }
  if (field.type === "id") {
    if (op === "in") return { sql: `${column} = any(?::uuid[])`, bindings: [value as string[]] };
    return { sql: `${column} ${op === "ne" ? "<>" : "="} ?::uuid`, bindings: [value as string] };
  }
  const lowered = field.lowered || field.type === "choice" ? column : `lower(${column})`;
  return textMatch(lowered, [], op, field.name === "phone" ? phoneLike(value) : value);
};
