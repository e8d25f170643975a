// The OpenAPI 3.1 description, made from the contracts, so that it cannot say anything else than what is checked.
import { z } from "zod";
import { errorCatalogue } from "../shared/contracts/errors.ts";
import { ownOperations } from "./openapi-own.ts";
import { apiBase, fieldsOf, type PublicAction, publicActions } from "./operations.ts";

export type JsonSchema = { readonly [key: string]: unknown };

export interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly required?: boolean;
  readonly description?: string;
  readonly schema: JsonSchema;
}

export interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly tags: readonly string[];
  readonly security: readonly JsonSchema[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly required: boolean; readonly content: JsonSchema };
  readonly responses: { readonly [status: string]: JsonSchema };
  /** The ability that a caller needs. */
  readonly "x-permission": string;
  /** Set where not every role that has the ability may do it. */
  readonly "x-roles"?: readonly string[];
  /** What the answer means to somebody who sees only some communities; `all`: they are refused. */
  readonly "x-communities"?: string;
}

export interface Description {
  readonly openapi: "3.1.0";
  readonly info: JsonSchema;
  readonly servers: readonly JsonSchema[];
  readonly paths: { readonly [path: string]: { readonly [method: string]: Operation } };
  readonly components: JsonSchema;
}

interface ObjectSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
}

const schemaOf = (schema: z.ZodType, io: "input" | "output"): JsonSchema => {
  const { $schema: _, ...made } = z.toJSONSchema(schema, {
    io,
    unrepresentable: "any",
    target: "draft-2020-12",
  }) as Record<string, unknown>;
  return made;
};

const problem = (status: number): JsonSchema => ({ $ref: `#/components/responses/Problem${status}` });

/** Statuses that a request may meet besides its success. */
const errorStatuses = ({ rest, contract, path }: PublicAction, schema: JsonSchema): number[] => {
  const statuses = new Set([422, 429, 500, 503, ...(contract.refusals ?? [])]);
  if (contract.permission !== "none") for (const status of [401, 403]) statuses.add(status);
  // What a path or a field names may not be there.
  if (path.includes(":") || JSON.stringify(schema).includes('"format":"uuid"')) statuses.add(404);
  // A write from a page of somebody else is refused whoever makes it.
  if (rest.method !== "GET") for (const status of [403, 409]) statuses.add(status);
  if (rest.method !== "GET" && fieldsOf(contract).includes("version")) statuses.add(412);
  if (rest.method !== "GET" && rest.method !== "DELETE") for (const status of [400, 413, 415]) statuses.add(status);
  return [...statuses].sort((a, b) => a - b);
};

const withoutKeys = (schema: JsonSchema, names: ReadonlySet<string>): JsonSchema => {
  const { properties = {}, required = [] } = schema as ObjectSchema;
  const left = Object.fromEntries(Object.entries(properties).filter(([name]) => !names.has(name)));
  const stillRequired = required.filter((name) => !names.has(name));
  const { required: _, ...rest } = schema;
  return { ...rest, properties: left, ...(stillRequired.length > 0 ? { required: stillRequired } : {}) };
};

const multipart: JsonSchema = {
  "multipart/form-data": {
    schema: {
      type: "object",
      required: ["file", "mapping"],
      properties: {
        file: { type: "string", format: "binary", description: "The CSV file" },
        mapping: { type: "string", description: 'JSON: { "<CSV header>": "<field>" }' },
        options: { type: "string", description: "JSON: dedupe, consent, country, communityId, encoding, delimiter" },
      },
    },
    encoding: { mapping: { contentType: "application/json" }, options: { contentType: "application/json" } },
  },
};

const parametersOf = (action: PublicAction, schema: JsonSchema, inPath: ReadonlySet<string>): Parameter[] => {
  const { properties = {}, required = [] } = schema as ObjectSchema;
  const parameters: Parameter[] = [...inPath].map((name) => ({
    name,
    in: "path",
    required: true,
    schema: properties[name] ?? { type: "string" },
  }));
  if (action.rest.method === "GET" || action.rest.method === "DELETE")
    for (const [name, field] of Object.entries(properties))
      if (!inPath.has(name)) parameters.push({ name, in: "query", required: required.includes(name), schema: field });
  if (action.rest.idempotent)
    parameters.push({
      name: "Idempotency-Key",
      in: "header",
      required: false,
      description: "The same key and body again: the first answer again. Another body: 409",
      schema: { type: "string", maxLength: 200 },
    });
  if (action.versioned && action.rest.method !== "GET")
    parameters.push({
      name: "If-Match",
      in: "header",
      required: false,
      description: "The ETag that was read; 412 when it changed since",
      schema: { type: "string" },
    });
  return parameters;
};

const bodyOf = (action: PublicAction, schema: JsonSchema, inPath: ReadonlySet<string>): Operation["requestBody"] => {
  const { method } = action.rest;
  if (method === "GET" || method === "DELETE") return undefined;
  if (action.name === "imports.submit") return { required: true, content: multipart };
  const body = withoutKeys(schema, inPath);
  const { properties = {}, required = [] } = body as ObjectSchema;
  if (Object.keys(properties).length === 0 && !("anyOf" in body)) return undefined;
  return { required: required.length > 0, content: { "application/json": { schema: body } } };
};

const successOf = ({ rest, contract }: PublicAction): JsonSchema => {
  if (rest.status === 204) return { description: "Done" };
  const schema = schemaOf(contract.result, "output");
  return { description: contract.summary, content: { [rest.produces ?? "application/json"]: { schema } } };
};

const security = (permission: string): JsonSchema[] => {
  if (permission === "none") return [];
  return permission === "session" ? [{ session: [] }] : [{ session: [] }, { token: [] }];
};

const describeAction = (action: PublicAction): Operation => {
  const schema = schemaOf(action.contract.params, "input");
  const inPath = new Set([...action.path.matchAll(/:(\w+)/g)].map(([, name]) => name ?? ""));
  const parameters = parametersOf(action, schema, inPath);
  const requestBody = bodyOf(action, schema, inPath);
  return {
    operationId: action.name,
    summary: action.contract.summary,
    tags: [action.name.slice(0, action.name.indexOf("."))],
    security: security(action.contract.permission),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(requestBody ? { requestBody } : {}),
    responses: {
      [String(action.rest.status ?? 200)]: successOf(action),
      ...Object.fromEntries(errorStatuses(action, schema).map((status) => [String(status), problem(status)])),
    },
    "x-permission": action.contract.permission,
    ...(action.contract.roles ? { "x-roles": action.contract.roles } : {}),
    ...(action.contract.permission === "none" ? {} : { "x-communities": action.contract.scope ?? "all" }),
  };
};

const problemResponses = (): JsonSchema => {
  const byStatus = new Map<number, string[]>();
  for (const [code, { status }] of Object.entries(errorCatalogue))
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [
      `Problem${status}`,
      {
        description: `One of: ${codes.join(", ")}`,
        ...(status === 429 || status === 503
          ? { headers: { "Retry-After": { description: "Seconds", schema: { type: "integer" } } } }
          : {}),
        content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
      },
    ]),
  );
};

const problemSchema: JsonSchema = {
  type: "object",
  required: ["type", "title", "status", "code", "requestId"],
  properties: {
    type: { type: "string" },
    title: { type: "string" },
    status: { type: "integer" },
    detail: { type: "string" },
    code: { type: "string", enum: Object.keys(errorCatalogue) },
    requestId: { type: "string" },
    errors: {
      type: "array",
      items: {
        type: "object",
        required: ["path", "message"],
        properties: { path: { type: "string" }, message: { type: "string" } },
      },
    },
  },
};

/** `/contacts/:id` as OpenAPI writes it. */
const openPath = (path: string): string => path.replace(/:(\w+)/g, "{$1}");

/** The description of the whole API. */
export const describeApi = (version: string, publicUrl: string): Description => {
  const paths: Record<string, Record<string, Operation>> = {};
  for (const action of publicActions) {
    const path = openPath(action.path);
    paths[path] = { ...paths[path], [action.rest.method.toLowerCase()]: describeAction(action) };
  }
  for (const { method, path, operation } of ownOperations) paths[path] = { ...paths[path], [method]: operation };
  return {
    openapi: "3.1.0",
    info: {
      title: "Learning Center Platform",
      version,
      license: { name: "MIT", identifier: "MIT" },
      description: `Base ${apiBase}. Errors are RFC 9457 problem details; every answer carries X-Request-Id. What cannot be read as HTTP at all is answered with 400, 408 or 431, whatever the path.`,
    },
    servers: [{ url: publicUrl }],
    paths,
    components: {
      securitySchemes: {
        session: {
          type: "apiKey",
          in: "cookie",
          name: "__Host-lc_session",
          description:
            "Session of the web app; writes also send X-CSRF-Token. On plain http loopback the cookie is lc_session_<port>",
        },
        token: {
          type: "http",
          scheme: "bearer",
          description: "Access token lc_… with abilities read, write, send, admin",
        },
      },
      schemas: { Problem: problemSchema },
      responses: problemResponses(),
    },
  };
};
