// Requests made up for one operation: sent by anybody, good ones and ones that are spoilt somewhere, in their values or on
// their way.
import fc from "fast-check";
import { z } from "zod";
import type { PublicAction } from "../../gateway/operations.ts";
import { odd, spoils } from "./hostile.ts";
import { poolOf } from "./pools.ts";
import { fitting, reference, type Schema } from "./schema.ts";
import { type Attack, encode, json, shortText, transports } from "./transport.ts";

const inText = (value: unknown): string => (typeof value === "string" ? value : (JSON.stringify(value) ?? ""));

/** Fields that belong together in a way that no JSON Schema says. */
const together: Readonly<Record<string, fc.Arbitrary<Record<string, unknown>>>> = {
  "bulk.start": fc.oneof(
    fc.record({
      ids: fc.array(reference("contacts"), { minLength: 1, maxLength: 1 }),
      act: fc.constant("export"),
      expected: fc.constant(1),
    }),
    fc.record({
      ids: fc.array(reference("contacts"), { minLength: 1, maxLength: 1 }),
      act: fc.constantFrom("tag", "untag"),
      expected: fc.constant(1),
      tag: fc.constant("x"),
    }),
    fc.record({
      filter: fc.constant({}),
      act: fc.constantFrom("tag", "remove", "suppress"),
      expected: fc.nat(3),
      tag: fc.constant("x"),
    }),
  ),
  "bulk.count": fc.oneof(
    fc.constant({ filter: {} }),
    fc.record({ ids: fc.array(reference("contacts"), { minLength: 1, maxLength: 3 }) }),
  ),
  "messages.send": fc.oneof(
    fc.record({
      channel: fc.constant("email"),
      contactId: reference("contacts"),
      content: fc.constant({ subject: "s", html: "<p>h</p>" }),
    }),
    fc.record({
      channel: fc.constant("email"),
      to: fc.constant("known@example.com"),
      templateId: reference("templates"),
    }),
    fc.record({
      messages: fc.array(fc.constant({ channel: "email", to: "a@example.com", content: { subject: "s", html: "h" } }), {
        minLength: 1,
        maxLength: 3,
      }),
    }),
  ),
};

const schemaOf = (action: PublicAction): Schema =>
  z.toJSONSchema(action.contract.params, { io: "input", unrepresentable: "any" }) as Schema;

const form = (mapping: unknown, options: unknown, csv: string): string =>
  [
    ["mapping", "", JSON.stringify(mapping)],
    ["options", "", JSON.stringify(options)],
    ["file", '; filename="a.csv"', csv],
  ]
    .map(([name, more, text]) => `--b\r\ncontent-disposition: form-data; name="${name}"${more}\r\n\r\n${text}\r\n`)
    .join("")
    .concat("--b--\r\n");

/** Requests at an action of the contracts, as one of `people`. */
export const attacksOn = (action: PublicAction, people: fc.Arbitrary<string>): fc.Arbitrary<Attack> => {
  const { name, rest, path } = action;
  const { properties = {}, required = [] } = schemaOf(action);
  const inPath = [...path.matchAll(/:(\w+)/g)].map(([, part]) => part ?? "");
  const outside = (field: string) => !inPath.includes(field);
  const fromSchema = fc.record(
    Object.fromEntries(
      Object.entries(properties)
        .filter(([field]) => outside(field))
        .map(([field, schema]) => [field, fitting(schema, field)]),
    ),
    { requiredKeys: required.filter(outside) },
  );
  const fixed = together[name];
  const params = fixed ? fc.oneof(fixed, fromSchema) : fromSchema;
  const parts = fc.record(
    Object.fromEntries(
      inPath.map((part) => [
        part,
        fc.oneof(
          { arbitrary: reference(poolOf(name, part)), weight: 8 },
          { arbitrary: reference("any"), weight: 1 },
          { arbitrary: shortText, weight: 1 },
        ),
      ]),
    ),
  );
  return fc
    .record({
      who: people,
      params,
      parts,
      spoil: spoils,
      transport: transports,
      csv: fc.constantFrom("Email,Name\na@example.com,x\n", "Email\n", "", "Email,Name\n\0,\0\n"),
    })
    .map(({ who, params: given, parts: chosen, spoil, transport, csv }) => {
      const value = spoil(given as Record<string, unknown>);
      const filled = path.replace(/:(\w+)/g, (_, part: string) => encode(chosen[part] ?? "") || "x");
      const query = Object.entries(value)
        .map(([field, one]) => `${encode(field)}=${encode(inText(one).slice(0, 1_500))}`)
        .join("&");
      const attack = { operation: name, who, method: rest.method, path: filled, headers: {} };
      if (rest.method === "GET" || rest.method === "DELETE")
        return transport({ ...attack, path: query ? `${filled}?${query.slice(0, 12_000)}` : filled });
      if (name === "imports.submit")
        return transport({
          ...attack,
          headers: { "content-type": "multipart/form-data; boundary=b" },
          body: form(value["mapping"], value["options"], csv),
        });
      return transport({ ...attack, headers: json, body: JSON.stringify(value) });
    });
};

/** Requests at a route of the gateway's own, such as `GET /t/c/{token}`. */
export const attacksOnRoute = (
  { operation, method, path }: { operation: string; method: string; path: string },
  people: fc.Arbitrary<string>,
): fc.Arbitrary<Attack> =>
  fc
    .record({
      who: people,
      part: fc.oneof(shortText, reference("links"), fc.constantFrom("resend", "postmark", "ses", "sendgrid")),
      topics: fc.oneof(shortText, fc.constantFrom("campaigns", "campaign:x", "queues")),
      body: odd.map((value) => JSON.stringify(value) ?? ""),
      transport: transports,
    })
    .map(({ who, part, topics, body, transport }) => {
      const filled = path.replace(/\{\w+\}/g, encode(part) || "x");
      return transport({
        operation,
        who,
        method,
        path: operation === "live.follow" ? `${filled}?topics=${encode(topics)}` : filled,
        headers: method === "POST" ? json : {},
        ...(method === "POST" ? { body } : {}),
      });
    });
