// Every operation of the REST API: what the contracts publish, and the gateway's own handlers beside them.

import type { ActionContract, Permission, Rest } from "../shared/contracts/contract.ts";
import { contracts } from "../shared/contracts/index.ts";
import type { Exchange } from "./exchange.ts";

/** Answers a request by itself. It must send the answer, or throw. */
export type Handler = (exchange: Exchange) => Promise<void> | void;

/** An action of a contract that is part of the API. */
export interface PublicAction {
  /** `<service>.<verb>` */
  readonly name: string;
  readonly contract: ActionContract;
  readonly rest: Rest;
  /** Full path with `:name` parts. */
  readonly path: string;
  /** Path of the created object, up to its id; only where one can be read again. */
  readonly location: string | undefined;
  /** True when the parameters have a `version` that If-Match fills. */
  readonly versioned: boolean;
}

/** A route that no contract declares: pages, streams, descriptions. */
export interface OwnRoute {
  readonly method: "GET" | "POST";
  readonly path: string;
  /** Undefined: outside of the guard and of the limits of the API (public pages). */
  readonly permission: Permission | undefined;
  readonly handle: Handler;
}

export const apiBase = "/api/v1";

const fullPath = (rest: Rest): string => (rest.root ? rest.path : `${apiBase}${rest.path}`);

/** Names of the fields that an action takes; empty where the schema is not an object. */
export const fieldsOf = (contract: ActionContract): readonly string[] =>
  Object.keys((contract.params as unknown as { shape?: object }).shape ?? {});

const collect = (): readonly PublicAction[] => {
  const found = Object.entries(contracts).flatMap(([service, { actions }]) =>
    Object.entries(actions as Record<string, ActionContract>).flatMap(([verb, contract]) =>
      contract.rest
        ? [{ name: `${service}.${verb}`, contract, rest: contract.rest, path: fullPath(contract.rest) }]
        : [],
    ),
  );
  const readable = new Set(found.filter(({ rest }) => rest.method === "GET").map(({ path }) => path));
  return found.map((action) => ({
    ...action,
    location: action.rest.method === "POST" && readable.has(`${action.path}/:id`) ? action.path : undefined,
    // Elsewhere a version is one of the past, such as the one to preview.
    versioned: action.rest.method === "PATCH" && fieldsOf(action.contract).includes("version"),
  }));
};

/** All actions that the API publishes. */
export const publicActions: readonly PublicAction[] = collect();
