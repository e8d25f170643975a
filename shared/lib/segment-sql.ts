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
  /** The opposite with the same bindings, where Postgres plans it better than the denied expression (an anti-join). */
  readonly opposite?: string;
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

// Members come from the index of the tag alone, so that Postgres can begin with the smaller side.
const tags = ({ op, value }: Condition): Fragment => {
  const member = "contacts.v_tag_members t where";
  const some = `exists (select 1 from ${member} t.contact_id = c.id)`;
  if (op === "isSet") return { sql: some, bindings: [], opposite: `not ${some}` };
  if (op === "notSet") return { sql: `not ${some}`, bindings: [], opposite: some };
  const match = textMatch("lower(v.name)", [], op === "ne" || op === "has" ? "eq" : op, value);
  const found = `select v.id from contacts.v_tags v where ${match.sql}`;
  const tag = op === "eq" || op === "has" || op === "ne" ? `t.tag_id = (${found})` : `t.tag_id = any(array(${found}))`;
  const carries = `c.id in (select t.contact_id from ${member} ${tag})`;
  const lacks = `not exists (select 1 from ${member} t.contact_id = c.id and ${tag})`;
  return op === "ne"
    ? { sql: lacks, bindings: match.bindings, opposite: carries }
    : { sql: carries, bindings: match.bindings, opposite: lacks };
};

const community = ({ op, value }: Condition): Fragment => {
  if (op === "isSet" || op === "notSet")
    return { sql: `c.community_id is ${op === "isSet" ? "not " : ""}null`, bindings: [] };
  const match = textMatch("lower(m.name)", [], op, value);
  return { sql: `c.community_id in (select m.id from ${COMMUNITIES} m where ${match.sql})`, bindings: match.bindings };
};

const activityColumns = { opened: "email_opened_at", clicked: "email_clicked_at", replied: "replied_at" } as const;

const activity = ({ field, op, value }: Condition, now: Date): Fragment => {
  const last = `a.${activityColumns[field.event ?? "replied"]}`;
  const some = (test: string) =>
    `exists (select 1 from messaging.v_contact_activity a where a.contact_id = c.id and ${last} ${test})`;
  const found = some("is not null");
  if (op === "isSet") return { sql: found, bindings: [], opposite: `not ${found}` };
  if (op === "notSet") return { sql: `not ${found}`, bindings: [], opposite: found };
  const then = some(`${sign(op)} ?::timestamptz`);
  return { sql: then, bindings: [instant(value, now).toISOString()], opposite: `not ${then}` };
};

/** True for what the index on attributes can find; the exact comparison follows, for values that it holds cut. */
const indexed = (key: string, op: SegmentOp, value: Condition["value"]): Fragment | undefined => {
  const pair = (text: string) => `?::text || chr(31) || left(lower(${text}), 200)`;
  if (op === "eq")
    return { sql: `contacts.attr_pairs(c.attrs) @> array[${pair("?::text")}]`, bindings: [key, text(value)] };
  if (op === "in")
    return {
      sql: `contacts.attr_pairs(c.attrs) && array(select ${pair("v")} from unnest(?::text[]) v)`,
      bindings: [key, texts(value)],
    };
  return undefined;
};

// Imported attributes are text, so numbers and dates compare where the text looks like one.
const attribute = (condition: Condition, now: Date): Fragment => {
  const { field, op, value } = condition;
  const found = "(c.attrs ->> ?::text)";
  const key = field.key ?? "";
  if (op === "isSet") return { sql: `${found} <> ''`, bindings: [key] };
  if (op === "notSet") return { sql: `coalesce(${found}, '') = ''`, bindings: [key] };
  if (op === "before" || op === "after") {
    // What the text leaves out is zero: a day is its midnight, and neither before nor after itself.
    const given = `rtrim(replace(${found}, ' ', 'T'), 'Z')`;
    const moment = `(${given} || substr('0000-00-00T00:00:00.000Z', length(${given}) + 1))`;
    return {
      sql: `(${found} ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}' and ${moment} collate "C" ${sign(op)} ?::text)`,
      bindings: [key, key, key, instant(value, now).toISOString()],
    };
  }
  if (typeof value === "number") {
    const number = `case when ${found} ~ '^-{0,1}[0-9]{1,100}([.][0-9]{1,100}){0,1}$' then ${found}::numeric end`;
    const compare = op === "ne" ? "is distinct from" : sign(op);
    return { sql: `(${number}) ${compare} ?::numeric`, bindings: [key, key, value] };
  }
  const plain = op === "has" ? "eq" : op;
  const exact = textMatch(`lower(${found})`, [key], plain, value);
  const first = indexed(key, plain, value);
  return first ? { sql: `(${first.sql} and ${exact.sql})`, bindings: [...first.bindings, ...exact.bindings] } : exact;
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
