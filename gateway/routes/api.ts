// Runs an action of a contract for a request: parameters from path, query and body, the call, and the answer.
import type { Caller, Meta } from "../../shared/broker/context.ts";
import type { Deps } from "../../shared/broker/deps.ts";
import { fail } from "../../shared/contracts/errors.ts";
import { readJson } from "../body.ts";
import { type Exchange, sendJson } from "../exchange.ts";
import { type Answer, hashOf, once, readKey } from "../idempotency/once.ts";
import type { PublicAction } from "../operations.ts";
import type { GatewaySettings } from "../settings.ts";

/** Calls the action with checked meta; the router knows which process answers. */
export type Call = (params: Record<string, unknown>, meta: Meta) => Promise<unknown>;

const versionOf = (header: string | undefined): number | undefined => {
  if (header === undefined || header === "*") return undefined;
  const version = /^(?:W\/)?"(\d{1,9})"$/.exec(header)?.[1];
  if (version === undefined)
    throw fail(
      "VALIDATION_FAILED",
      `If-Match has ${header.slice(0, 50)}, expected the ETag of an earlier answer, such as "3"`,
      { errors: [{ path: "If-Match", message: "is not an ETag of this API" }] },
    );
  return Number(version);
};

/**
 * What the action gets: the path wins over the query, the query over the body. Throws what readJson throws.
 * Fields of a body named __proto__ and the like stay plain fields, which contracts refuse.
 */
export const readParams = async (
  exchange: Exchange,
  action: PublicAction,
  settings: GatewaySettings,
): Promise<Record<string, unknown>> => {
  const { method } = action.rest;
  const body = method === "GET" || method === "DELETE" ? {} : await readJson(exchange.req, settings.jsonLimit);
  const version = action.versioned && method !== "GET" ? versionOf(exchange.req.headers["if-match"]) : undefined;
  return { ...body, ...exchange.query, ...(version === undefined ? {} : { version }), ...exchange.params };
};

/** Says what was made or changed, in headers and to the audit log. */
const nameObject = (exchange: Exchange, action: PublicAction, status: number, value: unknown): void => {
  const { res } = exchange;
  const { id, jobId, version } = (value ?? {}) as { id?: unknown; jobId?: unknown; version?: unknown };
  // An act that a job does is told by that job.
  const made = typeof id === "string" ? id : jobId;
  if (typeof made === "string") exchange.objectId = made;
  if (typeof version === "number") res.setHeader("etag", `"${version}"`);
  if (status === 201 && action.location && typeof id === "string")
    res.setHeader("location", `${action.location}/${encodeURIComponent(id)}`);
};

const keepsLines = new Set(["accounts", "users", "secondFactor"]);

/** What travels with the call, from the guard's findings only: nothing a client sends ends up here unchecked. */
export const metaOf = (exchange: Exchange, idempotencyKey?: string, service = ""): Meta => ({
  ...(exchange.caller ? { caller: exchange.caller } : {}),
  requestId: exchange.requestId,
  // Whoever keeps no audit lines does not learn where people are.
  ...(keepsLines.has(service) ? { address: exchange.address } : {}),
  ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
});

/** Runs work once per Idempotency-Key where the request has one and the contract takes it; else just runs it. */
export const runOnce = async (
  deps: Deps,
  exchange: Exchange,
  action: PublicAction,
  describe: () => unknown,
  work: (key: string | undefined) => Promise<unknown>,
): Promise<Answer> => {
  const status = action.rest.status ?? 200;
  const key = action.rest.idempotent ? readKey(exchange.req.headers["idempotency-key"]) : undefined;
  if (key === undefined) return { status, value: await work(undefined), replayed: false };
  const { userId } = exchange.caller as Caller;
  const answer = await once(deps, { key, userId, route: action.name, hash: hashOf(describe()) }, status, () =>
    work(key),
  );
  if (answer.replayed) {
    exchange.replayed = true;
    exchange.res.setHeader("idempotent-replayed", "true");
  }
  return answer;
};

/** Answers a request that was admitted, by calling its action. Throws errors of the catalogue and what the call throws. */
export const answerAction = async (
  deps: Deps,
  settings: GatewaySettings,
  exchange: Exchange,
  action: PublicAction,
  call: Call,
): Promise<void> => {
  const params = await readParams(exchange, action, settings);
  const answer = await runOnce(
    deps,
    exchange,
    action,
    () => params,
    (key) => call(params, metaOf(exchange, key, action.name.split(".")[0])),
  );
  nameObject(exchange, action, answer.status, answer.value);
  // Only contracts that know the word take it, so this request has done nothing.
  if (params["dryRun"] === true) exchange.dryRun = true;
  sendJson(exchange, answer.status, answer.value);
};
