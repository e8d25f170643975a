// Values that fit a JSON Schema as the contracts come out: with known ids, addresses and names where the name of a field
// says what it holds, so that requests get past the look-up and do something.
import fc from "fast-check";

/** The part of JSON Schema that contracts come out as. */
export interface Schema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly propertyNames?: Schema;
  readonly items?: Schema;
  readonly format?: string;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
}

/**
 * Stands for one of the ids (or names, or cursors) that exist when the request is sent: which one is not known before,
 * and a shrunk request still finds one.
 */
export const reference = (pool: string): fc.Arbitrary<string> => fc.nat(500).map((n) => `~~${pool}~${n}~~`);
export const referenceShape = /~~(\w+)~(\d+)~~/g;

const address = fc.oneof(
  fc.constantFrom("known@example.com", "gone@example.com", "new@example.com", "KNOWN@EXAMPLE.COM", "+12025550123"),
  fc.nat(99).map((n) => `fuzz${n}@example.com`),
);
const leaf = fc.oneof(
  fc.record({
    field: fc.constantFrom("email", "firstName", "tags", "kind", "stage"),
    op: fc.constantFrom("isSet", "notSet"),
  }),
  fc.record({
    field: fc.constantFrom("email", "lastName", "attrs.city", "community", "score", "createdAt", "email.lastOpenedAt"),
    op: fc.constantFrom("eq", "ne", "in", "has", "contains", "startsWith", "gt", "lte", "before", "after"),
    value: fc.oneof(
      fc.constantFrom("a", "known", 1, "2026-01-01T00:00:00Z"),
      fc.array(fc.constant("x"), { maxLength: 3 }),
    ),
  }),
);
const { rule } = fc.letrec<{ rule: unknown }>((tie) => ({
  rule: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    leaf,
    fc
      .tuple(fc.constantFrom("all", "any", "none"), fc.array(tie("rule"), { minLength: 1, maxLength: 3 }))
      .map(([word, rules]) => ({ [word]: rules })),
  ),
}));

/** What a field holds by its name. Pools are those of test/fuzz/pools.ts. */
const byName: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  communityId: reference("communities"),
  segmentId: reference("segments"),
  templateId: reference("templates"),
  contactId: reference("contacts"),
  importId: reference("imports"),
  messageId: reference("messages"),
  campaignId: reference("campaigns"),
  userId: reference("users"),
  email: address,
  to: address,
  address,
  rule,
  cursor: reference("cursors"),
  cron: fc.constantFrom("* * * * *", "0 7 * * 1-5", "*/5 * * * *"),
  timezone: fc.constantFrom("Europe/Berlin", "UTC", "America/New_York"),
  zone: fc.constantFrom("Europe/Berlin", "UTC", "America/New_York"),
  html: fc.constantFrom("<p>Hi {{firstName|you}}</p>", '<a href="https://example.com">x</a>'),
  subject: fc.constantFrom("Hello", "Hello {{firstName|you}}"),
  mjml: fc.constant(
    "<mjml><mj-body><mj-section><mj-column><mj-text>Hi</mj-text></mj-column></mj-section></mj-body></mjml>",
  ),
  tag: fc.constantFrom("known", "a", "b"),
  channel: fc.oneof(
    { arbitrary: fc.constant("email"), weight: 9 },
    { arbitrary: fc.constantFrom("sms", "call"), weight: 1 },
  ),
  audience: fc.oneof(
    fc.constantFrom<unknown>({ all: true }, { tag: "known" }),
    reference("segments").map((segmentId) => ({ segmentId })),
  ),
  content: fc.oneof(
    fc.constantFrom<unknown>(
      { subject: "Hello {{firstName|you}}", html: "<p>Hi</p>" },
      { subject: "s", html: "<p>{{attrs.city|x}}</p>", text: "t" },
    ),
    reference("templates").map((templateId) => ({ templateId })),
  ),
  step: fc.constantFrom(60, 300, 3600),
  mapping: fc.constantFrom({ Email: "email" }, { Email: "email", Name: "firstName" }, { Name: "attrs.name" }),
};

const text = ({ format, pattern, minLength = 0, maxLength = 40 }: Schema, name: string): fc.Arbitrary<unknown> => {
  if (format === "uuid")
    return name === "ids" ? reference("contacts") : fc.oneof(reference("any"), fc.uuid({ version: 7 }));
  if (format === "date-time")
    return fc
      .date({ min: new Date("2020-01-01"), max: new Date("2090-01-01"), noInvalidDate: true })
      .map((date) => date.toISOString());
  // Short patterns only: the others are those of formats.
  if (pattern && pattern.length < 100 && !pattern.includes("\\s"))
    return fc.stringMatching(new RegExp(pattern.replace("*$", "{1,12}$")));
  const size = { minLength, maxLength: Math.max(minLength, Math.min(maxLength, 40)) };
  const plain = ["known", "Some name", "a b", "DE"].filter((one) => one.length >= minLength && one.length <= maxLength);
  return fc.oneof(
    fc.string(size),
    fc.string({ ...size, unit: "grapheme" }).map((one) => one.slice(0, maxLength).toWellFormed()),
    ...(plain.length > 0 ? [{ arbitrary: fc.constantFrom(...plain), weight: 2 }] : []),
  );
};

/** Values that fit the schema of the field `name`. */
export const fitting = (schema: Schema, name = ""): fc.Arbitrary<unknown> => {
  const known = Object.hasOwn(byName, name) ? byName[name] : undefined;
  if (known && schema.const === undefined && schema.type !== "number" && schema.type !== "array") return known;
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map((one) => fitting(one, name)));
  const { minimum = 0, maximum = 1000, minItems = 0, maxItems = 3 } = schema;
  switch (schema.type) {
    case "object":
      return schema.properties
        ? fc.record(
            Object.fromEntries(
              Object.entries(schema.properties).map(([field, inner]) => [field, fitting(inner, field)]),
            ),
            { requiredKeys: [...(schema.required ?? [])] },
          )
        : fc.dictionary(
            schema.propertyNames ? fitting(schema.propertyNames).map(String) : fc.string({ maxLength: 8 }),
            typeof schema.additionalProperties === "object" && Object.keys(schema.additionalProperties).length > 0
              ? fitting(schema.additionalProperties)
              : fc.jsonValue({ maxDepth: 1 }),
            { maxKeys: 4 },
          );
    case "array":
      return fc.array(fitting(schema.items ?? {}, name), {
        minLength: minItems,
        maxLength: Math.max(minItems, Math.min(maxItems, 3)),
      });
    case "integer":
      return fc.integer({ min: Math.max(minimum, -1e6), max: Math.max(Math.min(maximum, 1e6), minimum) });
    case "number":
      return fc.double({ min: minimum, max: maximum, noNaN: true });
    case "boolean":
      return fc.boolean();
    case "null":
      return fc.constant(null);
    case "string":
      return text(schema, name);
    default:
      return fc.jsonValue({ maxDepth: 2 });
  }
};
