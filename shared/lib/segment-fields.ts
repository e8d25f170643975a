// The fields that a segment rule may name, each with its type, the words for it, and the operators its type allows.
// A field that is not in this table cannot reach SQL; attribute names are bound as values.

export const segmentOps = [
  "eq",
  "ne",
  "in",
  "has",
  "contains",
  "startsWith",
  "gt",
  "gte",
  "lt",
  "lte",
  "before",
  "after",
  "isSet",
  "notSet",
] as const;
export type SegmentOp = (typeof segmentOps)[number];

export type FieldType = "text" | "choice" | "id" | "community" | "tags" | "number" | "date" | "activity" | "attribute";

export interface SegmentField {
  readonly name: string;
  readonly type: FieldType;
  /** How a sentence calls it. */
  readonly label: string;
  /** Column of contacts.v_contacts, for fields that are one. */
  readonly column?: string;
  /** Permitted values of a choice. */
  readonly choices?: readonly string[];
  /** Text that is stored in lower case, so that an index on the bare column serves. */
  readonly lowered?: boolean;
  /** Delivery event behind an activity, and the channel it is limited to. */
  readonly event?: "opened" | "clicked" | "replied";
  readonly channel?: "email";
  /** Key inside attrs, for attributes. */
  readonly key?: string;
}

const set = ["isSet", "notSet"] as const;
const order = ["gt", "gte", "lt", "lte"] as const;

/** Operators that make sense for each type. */
export const opsOfType: Readonly<Record<FieldType, readonly SegmentOp[]>> = {
  text: ["eq", "ne", "in", "contains", "startsWith", ...set],
  choice: ["eq", "ne", "in", ...set],
  id: ["eq", "ne", "in", ...set],
  community: ["eq", "ne", "in", "contains", "startsWith", ...set],
  tags: ["has", "eq", "ne", "in", "contains", "startsWith", ...set],
  number: ["eq", "ne", "in", ...order, ...set],
  date: ["before", "after", ...order, ...set],
  activity: ["before", "after", ...order, ...set],
  attribute: ["eq", "ne", "in", "has", "contains", "startsWith", ...order, "before", "after", ...set],
};

const fields: readonly SegmentField[] = [
  { name: "email", type: "text", label: "email", column: "email", lowered: true },
  { name: "phone", type: "text", label: "phone", column: "phone", lowered: true },
  { name: "firstName", type: "text", label: "first name", column: "first_name" },
  { name: "lastName", type: "text", label: "last name", column: "last_name" },
  { name: "orgName", type: "text", label: "organisation", column: "org_name" },
  { name: "kind", type: "choice", label: "kind", column: "kind", choices: ["person", "business"] },
  { name: "community", type: "community", label: "community" },
  { name: "communityId", type: "id", label: "community id", column: "community_id" },
  { name: "tags", type: "tags", label: "tag" },
  { name: "externalId", type: "text", label: "external id", column: "external_id" },
  { name: "timezone", type: "text", label: "time zone", column: "timezone" },
  {
    name: "stage",
    type: "choice",
    label: "stage",
    column: "stage",
    choices: ["awareness", "engagement", "sales", "retention", "churn"],
  },
  { name: "score", type: "number", label: "score", column: "score" },
  { name: "createdAt", type: "date", label: "time of creation", column: "created_at" },
  { name: "email.lastOpenedAt", type: "activity", label: "last opened email", event: "opened", channel: "email" },
  {
    name: "email.lastClickedAt",
    type: "activity",
    label: "last click in an email",
    event: "clicked",
    channel: "email",
  },
  { name: "lastRepliedAt", type: "activity", label: "last reply", event: "replied" },
];

const byName = new Map(fields.map((field) => [field.name, field]));

/** Names of the built-in fields, in the order in which a rule builder shows them. */
export const segmentFieldNames: readonly string[] = fields.map((field) => field.name);

/** The field of this name, or undefined. `attrs.<name>` is any attribute of letters, digits, _ and -. */
export const segmentField = (name: string): SegmentField | undefined => {
  const known = byName.get(name);
  if (known) return known;
  const key = /^attrs\.([\w-]{1,64})$/.exec(name)?.[1];
  return key === undefined ? undefined : { name, type: "attribute", label: key, key };
};
