// The API as the REPL and commands beside the running system use it: over HTTP like everybody else, so that the gateway's
// guard decides and its audit log keeps what was done.
import { randomUUID } from "node:crypto";

/** Something the operator has to hear as it is: what was refused, or that nobody answers. */
export class ReplError extends Error {
  override name = "ReplError";
  constructor(message: string) {
    super(message);
    // The stock commands print the stack of an error: what was refused is all that an operator needs.
    this.stack = message;
  }
}

/** An object of an answer; what is in it is looked up by name. */
export type Row = Readonly<Record<string, unknown>>;
export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

export interface Api {
  readonly baseUrl: string;
  /** Calls an endpoint below /api/v1. Throws ReplError with the gateway's own words. */
  call(method: Method, path: string, fields?: Row): Promise<Row>;
  /** Ends the session, where there is one. */
  close(): Promise<void>;
}

export type Credential =
  | { readonly token: string }
  | { readonly code: string }
  | {
      readonly email: string;
      readonly password: string;
      /** Asks for the code of the second factor, where the person has one. */
      readonly askCode: () => Promise<string>;
    };

const answerMs = 30_000;

const wordsOf = (status: number, answer: Row): string => {
  const errors = Array.isArray(answer.errors) ? (answer.errors as readonly { path: string; message: string }[]) : [];
  const detail = String(answer.detail ?? answer.title ?? `The gateway answered ${status}`);
  // Most details name the places already.
  const unsaid = errors.filter(({ path, message }) => !detail.includes(`${path.replace(/^input\./, "")}: ${message}`));
  const places = unsaid.map(({ path, message }) => `\n  ${path}: ${message}`).join("");
  return `${detail}${places}`;
};

const ask = async (
  baseUrl: string,
  headers: Readonly<Record<string, string>>,
  method: Method,
  path: string,
  fields: Row = {},
): Promise<{ readonly answer: Row; readonly cookies: readonly string[] }> => {
  const url = new URL(`${baseUrl}/api/v1${path}`);
  const reading = method === "GET";
  if (reading || method === "DELETE")
    for (const [name, value] of Object.entries(fields))
      if (value !== undefined) url.searchParams.set(name, String(value));
  const response = await fetch(url, {
    method,
    headers: {
      ...headers,
      "idempotency-key": randomUUID(),
      ...(reading || method === "DELETE" ? {} : { "content-type": "application/json" }),
    },
    ...(reading || method === "DELETE" ? {} : { body: JSON.stringify(fields) }),
    signal: AbortSignal.timeout(answerMs),
  }).catch((error: Error & { cause?: { code?: string } }) => {
    throw new ReplError(
      `Nobody answers at ${baseUrl} (${error.cause?.code ?? error.message}). Is the platform running? \`npm start\`, or set PUBLIC_URL to its address.`,
    );
  });
  const text = await response.text();
  const isJson = /json/.test(response.headers.get("content-type") ?? "");
  const answer = isJson && text ? (JSON.parse(text) as Row) : {};
  if (!response.ok) throw new ReplError(wordsOf(response.status, answer));
  return { answer, cookies: response.headers.getSetCookie().map((cookie) => cookie.split(";")[0] ?? "") };
};

type Entered = Awaited<ReturnType<typeof ask>>;

/** The answer that begins a session. Throws ReplError. */
const enter = async (
  baseUrl: string,
  origin: Readonly<Record<string, string>>,
  credential: Exclude<Credential, { token: string }>,
): Promise<Entered> => {
  if ("code" in credential) return ask(baseUrl, origin, "POST", "/auth/sign-in-link", credential);
  const { email, password, askCode } = credential;
  const first = await ask(baseUrl, origin, "POST", "/auth/login", { email, password });
  if (first.answer.secondFactor !== true) return first;
  if (first.answer.setUp === true)
    throw new ReplError("Everybody needs a second factor here, and you have none: sign in in a browser to set it up.");
  const { challenge } = first.answer;
  const given = (await askCode()).trim();
  const proof = /^[\d\s]+$/.test(given) ? { code: given } : { recoveryCode: given };
  return ask(baseUrl, origin, "POST", "/auth/second-factor", { challenge, ...proof });
};

/** Signs in. Throws ReplError when that is refused or nobody answers. */
export const openApi = async (baseUrl: string, credential: Credential): Promise<Api> => {
  if ("token" in credential) {
    const headers = { authorization: `Bearer ${credential.token}` };
    return {
      baseUrl,
      call: async (method, path, fields) => (await ask(baseUrl, headers, method, path, fields)).answer,
      close: async () => undefined,
    };
  }
  const origin = { origin: new URL(baseUrl).origin, "user-agent": "learning-center-repl" };
  const { answer, cookies } = await enter(baseUrl, origin, credential);
  const headers = { ...origin, cookie: cookies.join("; "), "x-csrf-token": String(answer.csrfToken) };
  return {
    baseUrl,
    call: async (method, path, fields) => (await ask(baseUrl, headers, method, path, fields)).answer,
    close: async () => {
      await ask(baseUrl, headers, "POST", "/auth/logout").catch(() => undefined);
    },
  };
};
