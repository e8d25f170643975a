// Some thousand requests made up from the contracts: every field of every public action now and then holds something odd.
// Whatever is asked, the answer comes soon and is no fault of ours; LC_FUZZ_RUNS asks more often by hand.
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { publicActions } from "../../gateway/operations.ts";
import { expectProblem, openTarget, type Target } from "../helpers/bad-input.ts";

const runs = Number(process.env.LC_FUZZ_RUNS ?? 40);

/** The part of JSON Schema that contracts come out as. */
interface Schema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly format?: string;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
}

let target: Target;
/** Ids of objects that exist, so that changes get past the look-up. */
let ids: readonly string[] = [];

beforeAll(async () => {
  target = await openTarget();
  const bodies: readonly (readonly [string, unknown])[] = [
    ["contacts", { email: "known@example.com", consent: { channels: ["email"], basis: "form", source: "test" } }],
    ["communities", { name: "known" }],
    ["tags", { name: "known" }],
    ["segments", { name: "known", rule: { field: "email", op: "isSet" } }],
    ["templates", { name: "known", subject: "s", html: "<p>h</p>" }],
    [
      "campaigns",
      { name: "c", channel: "email", audience: { all: true }, content: { subject: "s", html: "<p>h</p>" } },
    ],
    ["suppressions", { channel: "email", address: "gone@example.com" }],
  ];
  const made = bodies.map(([list, body]) => target.send({ method: "POST", path: `/api/v1/${list}`, body }));
  ids = (await Promise.all(made)).map(({ json }) => json.id);
}, 90_000);
afterAll(async () => {
  const alive = await target.alive();
  await target.close();
  expect(alive).toBe(true);
}, 60_000);

const odd = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    0,
    -1,
    0.5,
    1e308,
    1e-320,
    2 ** 31,
    2 ** 53,
    "",
    " ",
    "\0",
    "a\0b",
    "\ud800",
    "\ufffe",
  ),
  fc.constantFrom<unknown>(
    "__proto__",
    "constructor",
    "{{constructor}}",
    "{{",
    "<{{firstName}}>",
    "%00",
    "'; --",
    "\r\nBcc: a@b.co",
  ),
  fc.constantFrom<unknown>("0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2024-02-30T00:00:00Z", "NaN", "1e400", "١"),
  fc.constantFrom<unknown>([], {}, [null], [[]], { a: 1 }, "x".repeat(5000), new Array(2000).fill("x")),
  fc.constant(JSON.parse('{"__proto__":1}')),
  fc.string({ unit: "binary" }),
  fc.jsonValue({ maxDepth: 3 }),
);

const text = (schema: Schema): fc.Arbitrary<unknown> => {
  if (schema.format === "uuid") return fc.oneof(fc.constantFrom(...ids), fc.uuid());
  if (schema.format === "date-time")
    return fc
      .date({ min: new Date("2027-01-01"), max: new Date("2090-01-01"), noInvalidDate: true })
      .map((d) => d.toISOString());
  return fc.oneof(
    fc.string({ maxLength: Math.min(schema.maxLength ?? 40, 40) }),
    fc.constantFrom("known", "some@example.com", "+12025550123", "Europe/Berlin", "<p>{{firstName|you}}</p>"),
  );
};

/** Values that fit a schema, in which every seventh part is something odd. */
const fitting = (schema: Schema): fc.Arbitrary<unknown> => {
  const plain = (): fc.Arbitrary<unknown> => {
    if (schema.const !== undefined) return fc.constant(schema.const);
    if (schema.enum) return fc.constantFrom(...schema.enum);
    if (schema.anyOf) return fc.oneof(...schema.anyOf.map(fitting));
    switch (schema.type) {
      case "object":
        return schema.properties
          ? fc.record(
              Object.fromEntries(Object.entries(schema.properties).map(([name, inner]) => [name, fitting(inner)])),
              { requiredKeys: [...(schema.required ?? [])] },
            )
          : fc.dictionary(
              fc.oneof(fc.string({ maxLength: 8 }), fc.constantFrom("field", "op", "value", "all", "any", "a")),
              typeof schema.additionalProperties === "object" ? fitting(schema.additionalProperties) : fc.jsonValue(),
              { maxKeys: 4 },
            );
      case "array":
        return fc.array(fitting(schema.items ?? {}), { maxLength: 4 });
      case "integer":
        return fc.integer({ min: Math.max(schema.minimum ?? 0, -1e6), max: Math.min(schema.maximum ?? 1000, 1e6) });
      case "number":
        return fc.double({ min: schema.minimum ?? 0, max: schema.maximum ?? 1000, noNaN: true });
      case "boolean":
        return fc.boolean();
      case "string":
        return text(schema);
      case "null":
        return fc.constant(null);
      default:
        return odd;
    }
  };
  return fc.oneof({ arbitrary: plain(), weight: 6 }, { arbitrary: odd, weight: 1 });
};

const inQuery = (value: unknown): string =>
  typeof value === "string" ? value.toWellFormed() : (JSON.stringify(value) ?? "");

const attackOn = ({ name, contract, rest, path }: (typeof publicActions)[number]) => {
  const { properties = {}, required = [] } = z.toJSONSchema(contract.params, {
    io: "input",
    unrepresentable: "any",
  }) as Schema;
  const fields = Object.entries(properties).filter(([field]) => !path.includes(`:${field}`));
  const params = fc.record(Object.fromEntries(fields.map(([field, schema]) => [field, fitting(schema)])), {
    requiredKeys: required.filter((field) => !path.includes(`:${field}`)),
  });
  const id = fc.oneof({ arbitrary: fc.constantFrom(...ids), weight: 5 }, { arbitrary: odd, weight: 1 });
  return fc.tuple(params, id).map(([given, chosen]) => {
    const filled = path.replace(/:\w+/, () => encodeURIComponent(inQuery(chosen)) || "x");
    const query = Object.entries(given).map(([field, value]) => `${field}=${encodeURIComponent(inQuery(value))}`);
    return rest.method === "GET" || rest.method === "DELETE"
      ? { name, method: rest.method, path: query.length > 0 ? `${filled}?${query.join("&")}` : filled }
      : { name, method: rest.method, path: filled, body: given };
  });
};

// Uploads are no JSON, and each wrong sign-in costs a password hash.
const left = new Set(["imports.submit", "accounts.login"]);

test.each(publicActions.filter(({ name }) => !left.has(name)).map((action) => [action.name, action] as const))(
  "%s answers whatever it is asked",
  async (_, action) => {
    await fc.assert(
      fc.asyncProperty(attackOn(action), async (attack) => {
        expectProblem(JSON.stringify(attack).slice(0, 1000), await target.send(attack));
      }),
      { numRuns: runs },
    );
  },
);
