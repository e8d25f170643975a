// What every answer must be, whatever was asked: no fault of ours, a problem of the catalogue or what OpenAPI says, soon,
// and nothing about the inside or about others. Answers with a sentence, or undefined when all is well.
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import type { Description } from "../../gateway/openapi.ts";
import { errorCatalogue } from "../../shared/contracts/errors.ts";
import type { Answer, Sent } from "./client.ts";
import { secretMark } from "./marks.ts";

/** With eight helpers on two cores an answer may wait; nothing may take this long, in ms. */
export const slowMs = 10_000;
const longestProblem = 30_000;

/** What only the inside has: stacks, files, SQL, drivers' words, names of packages. */
const inside = [
  /\bat (?:async )?[\w.<>[\] ]+ \((?:file:|node:|\/)/,
  /node_modules|node:internal|file:\/\/|\.(?:ts|mjs|cjs):\d+/,
  /\/(?:tmp|home|usr|var|work|app|root)\/[\w.-]+/,
  /\bselect [^:]{1,200} from |\binsert into \w+\.|\bupdate \w+\.\w+ set |\bdelete from \w+\./i,
  /violates|duplicate key|constraint "|relation "|column "|syntax error at|invalid input (?:syntax|value)|operator does not exist|invalid byte sequence|out of range for type|unsupported Unicode|deadlock detected|SQLSTATE/i,
  /\b(?:knex|ioredis|moleculer|zod|busboy|pino|nodemailer|postgres(?:ql)? error|ECONNREFUSED|ENOENT|EPIPE|WRONGTYPE|NOAUTH)\b/i,
  /Cannot read propert|is not a function|is not iterable|is not defined|undefined \(reading|Unexpected token|Maximum call stack|Invalid array length|Invalid time value|TypeError|RangeError|SyntaxError/,
  /passwordHash|secretHash|argon2|\$argon2/i,
];

type Validate = ValidateFunction | undefined;

/** A judge for this description. `internalNames`: tables and columns, which no problem may name. */
export const createJudge = (description: Description, internalNames: ReadonlySet<string>) => {
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: false });
  const responses = (
    description.components as { responses: Record<string, { content: Record<string, { schema: object }> }> }
  ).responses;
  const problemSchema = (description.components as { schemas: { Problem: object } }).schemas.Problem;
  const validProblem = ajv.compile(problemSchema);
  const byOperation = new Map<string, Map<string, { type: string | undefined; validate: Validate }>>();
  for (const methods of Object.values(description.paths))
    for (const operation of Object.values(methods)) {
      const statuses = new Map<string, { type: string | undefined; validate: Validate }>();
      for (const [status, response] of Object.entries(operation.responses)) {
        const reference = (response as { $ref?: string }).$ref;
        const { content } = (reference ? responses[reference.slice(reference.lastIndexOf("/") + 1)] : response) as {
          content?: Record<string, { schema: object }>;
        };
        const [type, media] = Object.entries(content ?? {})[0] ?? [];
        const isJson = type === "application/json";
        statuses.set(status, { type, validate: isJson && media ? ajv.compile(media.schema) : undefined });
      }
      byOperation.set(operation.operationId, statuses);
    }

  /** Words of the inside in a problem that the request did not bring along. */
  const leak = (asked: string, text: string): string | undefined => {
    for (const pattern of inside) {
      const found = pattern.exec(text)?.[0];
      if (found && !asked.includes(found) && !asked.includes(JSON.stringify(found).slice(1, -1)))
        return `tells of the inside: ${found.slice(0, 100)}`;
    }
    for (const [word] of text.matchAll(/\b[a-z]+(?:_[a-z]+)+\b/g))
      if (internalNames.has(word) && !asked.includes(word)) return `names ${word}, which is a table or column`;
    if (text.includes(secretMark) && !asked.includes(secretMark))
      return "tells an address or a secret of somebody else";
    return undefined;
  };

  const asProblem = (sent: Sent, { status, headers, text }: Answer): string | undefined => {
    if (text.length > longestProblem) return `is a problem of ${text.length} characters`;
    if (headers["content-type"] !== "application/problem+json")
      return `is ${headers["content-type"]} instead of a problem`;
    const problem = JSON.parse(text) as {
      status: number;
      code: keyof typeof errorCatalogue;
      type: string;
      title: string;
      errors?: unknown[];
    };
    if (!validProblem(problem)) return `is no problem: ${ajv.errorsText(validProblem.errors)}`;
    const entry = errorCatalogue[problem.code];
    if (
      !entry ||
      entry.status !== status ||
      problem.status !== status ||
      problem.title !== entry.title ||
      problem.type !== `/api/docs#${problem.code}`
    )
      return "does not fit the catalogue";
    if (problem.code === "VALIDATION_FAILED" && !problem.errors?.length) return "names no place that is wrong";
    if (headers["cache-control"] !== "no-store") return "may be kept by caches";
    if ((status === 429 || status === 503) && !headers["retry-after"]) return "does not say when to try again";
    return leak(`${sent.path} ${decode(sent.path)} ${JSON.stringify(sent.headers)} ${String(sent.body ?? "")}`, text);
  };

  /** `operation` is undefined where nothing is known to be. */
  return (operation: string | undefined, sent: Sent, answer: Answer): string | undefined => {
    const { status, headers, text, ms } = answer;
    if (ms > slowMs && operation !== "senders.test") return `took ${Math.round(ms)} ms`;
    if (status >= 500 && status !== 503) return "is a fault of ours";
    if (!headers["x-request-id"] && !/^\/(?:health|metrics)\b/.test(sent.path)) return "has no request id";
    if (headers["x-powered-by"] || headers["server"]) return "says what it runs on";
    if (status >= 400 && sent.method !== "HEAD" && !/text\/html/.test(headers["content-type"] ?? "")) {
      const wrong = asProblem(sent, answer);
      if (wrong) return wrong;
    }
    if (/text\/html/.test(headers["content-type"] ?? "") && status >= 400) {
      const wrong = leak(sent.path, text);
      if (wrong) return wrong;
    }
    const known = operation === undefined ? undefined : byOperation.get(operation);
    if (!known || sent.method === "HEAD" || sent.method === "OPTIONS") return undefined;
    // What Node's parser refuses never got as far as the operation.
    if (status === 431 || /"code":"REQUEST_MALFORMED"/.test(text)) return undefined;
    const told = known.get(String(status));
    if (!told) return `${status} is not among the answers that OpenAPI lists: ${[...known.keys()].join(" ")}`;
    if (status < 300 && told.validate && text !== "") {
      if (!told.validate(JSON.parse(text))) return `is not what OpenAPI says: ${ajv.errorsText(told.validate.errors)}`;
    }
    return undefined;
  };
};

/** A path or query as the one who wrote it meant it. */
export const decode = (path: string): string => {
  try {
    return decodeURIComponent(path.replaceAll("+", " "));
  } catch {
    return path;
  }
};
