// The typed client of the REST API. Names, parameters and results are those of the contracts; method and path come from
// the generated table. Carries the session's CSRF token (in memory only) and an Idempotency-Key where the API takes one.
import type { ActionName, ActionParams, ActionResult } from "../../shared/contracts/index.ts";
import { apiAddress, apiIsElsewhere } from "./api-address.ts";
import { apiRoutes } from "./api-routes.ts";
import { asProblem, Problem, problemFrom } from "./problem.ts";

/** Actions that the API offers, by their full name. */
export type ApiName = keyof typeof apiRoutes & ActionName;
export type ApiParams<N extends ApiName> = ActionParams<N>;
export type ApiResult<N extends ApiName> = ActionResult<N>;

/** Actions that answer page by page. */
export type ListName = {
  [N in ApiName]: ApiResult<N> extends { data: unknown[]; nextCursor: string | null } ? N : never;
}[ApiName];
/** One row of a list. */
export type Row<N extends ListName> = ApiResult<N> extends { data: (infer R)[] } ? R : never;

interface Route {
  readonly method: string;
  readonly path: string;
  readonly idempotent?: boolean;
}

let csrfToken: string | null = null;
let onSignedOut: (() => void) | undefined;
let renewToken: (() => Promise<boolean>) | undefined;

/** Keeps the session's CSRF token for the writes of this tab. */
export const keepCsrfToken = (token: string | null): void => {
  csrfToken = token;
};

/** What to do when the session has ended: an answer of 401 outside of signing in. */
export const whenSignedOut = (act: () => void): void => {
  onSignedOut = act;
};

/** What to do when the token of this tab is not that of the session: answers true when it now is. */
export const whenTokenIsOld = (act: () => Promise<boolean>): void => {
  renewToken = act;
};

/** A fresh idempotency key; keep it over the tries of one intention. */
export const newKey = (): string => crypto.randomUUID();

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** Same key, same intention: a second try never makes a second message, import or launch. */
  readonly idempotencyKey?: string | undefined;
}

const withoutEmpty = (params: object): Record<string, unknown> =>
  Object.fromEntries(Object.entries(params).filter(([, value]) => value !== undefined));

/** Path and remaining parameters: `:name` parts are taken out of the parameters and filled in. */
const fillPath = (path: string, params: Record<string, unknown>): { path: string; rest: Record<string, unknown> } => {
  const rest = { ...params };
  const filled = path.replace(/:(\w+)/g, (_, name: string) => {
    const value = String(rest[name]);
    delete rest[name];
    return encodeURIComponent(value);
  });
  return { path: filled, rest };
};

/** Headers that prove a write comes from this app, and make it repeatable where the API allows. */
const writeHeaders = (route: Route, key: string | undefined): Record<string, string> => ({
  ...(csrfToken === null ? {} : { "X-CSRF-Token": csrfToken }),
  ...(route.idempotent ? { "Idempotency-Key": key ?? newKey() } : {}),
});

/** A 401 of these says nothing about a session. */
const besideSession: readonly string[] = ["accounts.login", "accounts.me", "secondFactor.signIn"];

/** Throws the problem of an answer that is not a success. Signs the tab out when the session has ended. */
const refuse = (status: number, body: string, requestId: string, name: string): never => {
  const problem = problemFrom(status, body, requestId);
  if (status !== 401 || besideSession.includes(name)) throw problem;
  onSignedOut?.();
  if (problem.code !== "NOT_SIGNED_IN") throw problem;
  throw new Problem({
    ...problem,
    title: "You are signed out",
    detail: "Sign in again. If something here is not saved, do so in another tab, and then try again here.",
  });
};

const callOnce = async <N extends ApiName>(
  name: N,
  params: ApiParams<N>,
  options: CallOptions,
): Promise<ApiResult<N>> => {
  const route: Route = apiRoutes[name];
  const { path, rest } = fillPath(route.path, withoutEmpty(params as object));
  const reading = route.method === "GET";
  const inQuery = reading || route.method === "DELETE";
  const query = inQuery
    ? new URLSearchParams(Object.entries(rest).map(([key, value]) => [key, String(value)])).toString()
    : "";
  const headers: Record<string, string> = {
    Accept: "application/json",
    ...(reading ? {} : writeHeaders(route, options.idempotencyKey)),
  };
  if (!inQuery) headers["Content-Type"] = "application/json";

  let response: Response;
  let body: string;
  try {
    response = await fetch(apiAddress(query ? `${path}?${query}` : path), {
      method: route.method,
      headers,
      credentials: apiIsElsewhere ? "include" : "same-origin",
      ...(inQuery ? {} : { body: JSON.stringify(rest) }),
      ...(options.signal ? { signal: options.signal } : {}),
    });
    body = await response.text();
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new Problem({ title: "The server could not be reached", detail: "Check the connection, then try again." });
  }
  if (!response.ok) refuse(response.status, body, response.headers.get("x-request-id") ?? "", name);
  // The body was made from the contract's result schema: this is the border where JSON becomes a type.
  return (body === "" ? { ok: true } : JSON.parse(body)) as ApiResult<N>;
};

/** Tries again where a request was refused, before it did anything, for the token of a session that is over. */
const withToken = async <R>(work: () => Promise<R>): Promise<R> => {
  try {
    return await work();
  } catch (error) {
    if (asProblem(error).code === "CSRF_FAILED" && (await renewToken?.())) return work();
    throw error;
  }
};

/**
 * Calls an action of the API. Answers its result; throws a Problem (status 0 when the server could not be reached).
 */
export const call = <N extends ApiName>(
  name: N,
  params: ApiParams<N>,
  options: CallOptions = {},
): Promise<ApiResult<N>> => withToken(() => callOnce(name, params, options));

export interface Upload {
  readonly file: File;
  readonly mapping: Readonly<Record<string, string>>;
  readonly options: ApiParams<"imports.submit">["options"];
  readonly key: string;
  /** Called with the share of the bytes that were sent, 0 to 1. */
  readonly onProgress: (share: number) => void;
  readonly signal: AbortSignal;
}

/** XMLHttpRequest, because fetch does not tell how far an upload has come. */
const uploadOnce = ({
  file,
  mapping,
  options,
  key,
  onProgress,
  signal,
}: Upload): Promise<ApiResult<"imports.submit">> =>
  new Promise((resolve, reject) => {
    const route: Route = apiRoutes["imports.submit"];
    const form = new FormData();
    form.append("mapping", JSON.stringify(mapping));
    form.append("options", JSON.stringify(options));
    form.append("file", file);
    const request = new XMLHttpRequest();
    request.open(route.method, apiAddress(route.path));
    request.withCredentials = apiIsElsewhere;
    for (const [header, value] of Object.entries(writeHeaders(route, key))) request.setRequestHeader(header, value);
    request.upload.onprogress = (event) => onProgress(event.total > 0 ? event.loaded / event.total : 0);
    request.onload = () => {
      try {
        if (request.status >= 300)
          refuse(
            request.status,
            request.responseText,
            request.getResponseHeader("x-request-id") ?? "",
            "imports.submit",
          );
        resolve(JSON.parse(request.responseText) as ApiResult<"imports.submit">);
      } catch (error) {
        reject(error);
      }
    };
    request.onerror = () =>
      reject(
        new Problem({
          title: "The upload broke off",
          detail: "Check the connection, then try again: nothing was imported twice.",
        }),
      );
    request.onabort = () =>
      reject(new Problem({ code: "ABORTED", title: "The upload was stopped", detail: "Nothing was imported." }));
    signal.addEventListener("abort", () => request.abort());
    request.send(form);
  });

/** Uploads a file and starts its import. */
export const uploadImport = (upload: Upload): Promise<ApiResult<"imports.submit">> =>
  withToken(() => uploadOnce(upload));
