// One JSON call to a vendor's API, told apart by what matters to a mail: answered, never reached, or silent.
// Node's own client, because fetch and the SDKs over it say only "failed": whether a connection existed decides between
// "nothing was handed over" and "nobody knows", and mails must not be sent twice.
import http from "node:http";
import https from "node:https";
import { traced } from "../../../shared/broker/tracing.ts";
import { SEND_MARGIN_MS } from "../../../shared/messaging/transport.ts";
import type { Trace } from "./provider.ts";

export type HttpWord =
  | {
      readonly kind: "answer";
      readonly status: number;
      /** Undefined when it was no JSON or broke off. */
      readonly body: unknown;
      /** What Retry-After says, or undefined. */
      readonly retryAfterMs: number | undefined;
    }
  /** No connection came about: nothing was handed over. */
  | { readonly kind: "unreachable"; readonly detail: string }
  /** Connected, and no answer came: it may have been taken. */
  | { readonly kind: "silent"; readonly detail: string };

export interface HttpRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
  /** Milliseconds for the whole call. */
  readonly timeoutMs: number;
  /** Monotonic milliseconds at which the lease is over: without a connection shortly before it nothing is handed over. */
  readonly deadline: number;
}

export interface HttpCaller {
  /** Posts JSON. What happens is in the result, never an exception. */
  post(request: HttpRequest): Promise<HttpWord>;
  /** Closes the connections that are kept open. */
  close(): void;
}

const CONNECT_MS = 10_000;
/** Shorter than servers keep an idle connection, so that none is used just as it is being closed. */
const IDLE_MS = 4_000;
/** Whoever asks for longer is asked again after this: a wrong date must not stop a provider for years. */
const LONGEST_RETRY_MS = 3_600_000;
const LARGEST_ANSWER = 64 * 1024;
const TRACED = 4_000;

/** Seconds, or a date, which is taken against the server's own clock. */
const retryAfter = ({ "retry-after": value, date }: http.IncomingHttpHeaders): number | undefined => {
  if (value === undefined) return undefined;
  const ms = /^\d+(\.\d+)?$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.parse(date ?? "");
  return Number.isFinite(ms) ? Math.min(LONGEST_RETRY_MS, Math.max(0, ms)) : undefined;
};

const readJson = async (answer: http.IncomingMessage, trace: Trace | undefined): Promise<unknown> => {
  let text = "";
  try {
    for await (const chunk of answer.setEncoding("utf8")) {
      text += chunk;
      if (text.length > LARGEST_ANSWER) return undefined;
    }
    return JSON.parse(text);
  } catch {
    return undefined;
  } finally {
    trace?.("server", `HTTP ${answer.statusCode} ${answer.statusMessage}\n${text.slice(0, TRACED)}`.trim());
  }
};

/** Calls to one API. `baseUrl` is http or https; connections are kept for the next call. `trace` hears each answer. */
export const createHttpCaller = (baseUrl: string, connections: number, trace?: Trace): HttpCaller => {
  const base = baseUrl.replace(/\/+$/, "");
  const secure = base.startsWith("https:");
  const host = URL.parse(base)?.hostname ?? "provider";
  const { Agent, request: open } = secure ? https : http;
  const agent = new Agent({ keepAlive: true, maxSockets: connections, timeout: IDLE_MS });

  const call = ({ path, headers, body, timeoutMs, deadline }: HttpRequest): Promise<HttpWord> =>
    new Promise((resolve) => {
      const text = JSON.stringify(body);
      trace?.("us", `POST ${base}${path} (${Buffer.byteLength(text)} bytes)`);
      let connected = false;
      const outgoing = open(`${base}${path}`, {
        method: "POST",
        agent,
        signal: AbortSignal.timeout(timeoutMs),
        headers: { ...headers, "Content-Type": "application/json", "Content-Length": Buffer.byteLength(text) },
      });
      const connectMs = Math.max(0, Math.min(CONNECT_MS, deadline - SEND_MARGIN_MS - performance.now()));
      const late = setTimeout(() => {
        if (!connected) outgoing.destroy(new Error(`no connection within ${Math.round(connectMs)} ms`));
      }, connectMs);
      outgoing.once("socket", (socket) => {
        if (outgoing.reusedSocket) connected = true;
        else
          socket.once(secure ? "secureConnect" : "connect", () => {
            connected = true;
          });
      });
      outgoing.once("close", () => clearTimeout(late));
      outgoing.once("response", (answer) => {
        const { statusCode: status = 0, headers: found } = answer;
        readJson(answer, trace).then((read) =>
          resolve({ kind: "answer", status, body: read, retryAfterMs: retryAfter(found) }),
        );
      });
      // After an answer has begun, its status is the word that counts: readJson sees the break.
      outgoing.on("error", (error: Error & { code?: string }) => {
        const detail =
          error.name === "AbortError" ? `no answer within ${timeoutMs} ms` : error.message || error.code || "failed";
        resolve({ kind: connected ? "silent" : "unreachable", detail });
      });
      outgoing.end(text);
    });

  /** A request that cannot even be made, such as one with a line break in its key, has handed nothing over. */
  const post = (request: HttpRequest): Promise<HttpWord> => {
    const attributes = { "http.request.method": "POST", "server.address": host };
    // Only inside of a message's own span: a call per mail of a campaign would be too many.
    return traced(`POST ${host}`, { kind: "client", parent: "child", attributes }, async (span) => {
      const word = await call(request).catch(
        (error: Error): HttpWord => ({ kind: "unreachable", detail: error.message }),
      );
      if (word.kind === "answer") span.set({ "http.response.status_code": word.status });
      if (word.kind !== "answer" || word.status >= 400) span.failed({ type: word.kind });
      return word;
    });
  };

  return { post, close: () => agent.destroy() };
};
