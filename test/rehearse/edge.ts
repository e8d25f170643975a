// The hoster's edge: ends TLS, names the client, and gives every request to one of the public service's deployments, over
// kept connections and without a second try. A browser's session on top of it: cookie, CSRF token, or an access token.
import { randomBytes } from "node:crypto";
import { Agent, type IncomingHttpHeaders, request } from "node:http";
import type { Fleet, Running } from "./deployments.ts";

export interface Answer {
  /** 0 when there was none. */
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** Why there was none. */
  readonly fault?: string;
}

export interface Ask {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON, bytes as they are. */
  readonly body?: object | Uint8Array;
}

export interface Edge {
  readonly origin: string;
  ask(what: Ask): Promise<Answer>;
  stop(): void;
}

const patienceMs = 30_000;
export const publicHost = "learn.test";

/** Stands before the deployments of `service`; their addresses are used in turn, IPv6 and IPv4. */
export const createEdge = (fleet: Fleet, service: string): Edge => {
  const agents = new WeakMap<Running, Agent>();
  let turn = 0;
  const agentOf = (one: Running): Agent => {
    const agent = agents.get(one) ?? new Agent({ keepAlive: true, timeout: 60_000 });
    agents.set(one, agent);
    return agent;
  };
  return {
    origin: `https://${publicHost}`,
    ask: ({ method = "GET", path, headers = {}, body }) =>
      new Promise((done) => {
        const there = fleet.active(service);
        const one = there[++turn % Math.max(1, there.length)];
        if (!one) return done({ status: 0, headers: {}, text: "", fault: "nobody is deployed" });
        const raw = body instanceof Uint8Array ? body : body && Buffer.from(JSON.stringify(body));
        const host = turn % 4 < 2 || !one.place.ipv4 ? one.place.ipv6 : one.place.ipv4;
        const failed = (error: Error) =>
          done({
            status: 0,
            headers: {},
            text: "",
            fault: `${(error as { code?: string }).code ?? ""} ${error.message}`,
          });
        const sent = request(
          {
            host,
            port: one.service.port,
            method,
            path,
            agent: agentOf(one),
            headers: {
              host: publicHost,
              "x-forwarded-proto": "https",
              "x-forwarded-for": "203.0.113.7",
              "x-real-ip": "203.0.113.7",
              ...(raw
                ? {
                    "content-length": String(raw.byteLength),
                    ...(raw === body ? {} : { "content-type": "application/json" }),
                  }
                : {}),
              ...headers,
            },
          },
          (answer) => {
            const chunks: Buffer[] = [];
            answer.on("data", (chunk: Buffer) => chunks.push(chunk));
            answer.on("error", failed);
            answer.on("end", () =>
              done({ status: answer.statusCode ?? 0, headers: answer.headers, text: Buffer.concat(chunks).toString() }),
            );
          },
        );
        const late = setTimeout(() => sent.destroy(new Error(`no answer within ${patienceMs} ms`)), patienceMs);
        sent.on("close", () => clearTimeout(late));
        sent.on("error", failed);
        sent.end(raw);
      }),
    stop: () => {
      for (const one of fleet.all()) agents.get(one)?.destroy();
    },
  };
};

/** Calls the API as somebody; the path starts below /api/v1. Rejects with the answer when its status is not 2xx. */
export type Api = <T>(method: string, path: string, body?: object | FormData) => Promise<T>;

const demand = (what: string, { status, text, fault }: Answer): string => {
  if (status < 200 || status > 299) throw new Error(`${what} answered ${status} ${fault ?? ""} ${text.slice(0, 500)}`);
  return text;
};

const apiWith =
  (edge: Edge, headers: Readonly<Record<string, string>>): Api =>
  async <T>(method: string, path: string, body?: object | FormData) => {
    const form = body instanceof FormData ? new Response(body) : undefined;
    const bytes = form && new Uint8Array(await form.arrayBuffer());
    const answer = await edge.ask({
      method,
      path: path.startsWith("/sandbox") ? path : `/api/v1${path}`,
      headers: {
        ...headers,
        ...(method === "POST" ? { "idempotency-key": randomBytes(12).toString("hex") } : {}),
        ...(form ? { "content-type": form.headers.get("content-type") ?? "" } : {}),
      },
      ...(body === undefined ? {} : { body: bytes ?? body }),
    });
    const text = demand(`${method} ${path}`, answer);
    return (text === "" ? undefined : JSON.parse(text)) as T;
  };

/** Signs in as a browser does. Rejects when the cookie is not one of this host alone. */
export const signIn = async (edge: Edge, who: { email: string; password: string }): Promise<Api> => {
  const answer = await edge.ask({
    method: "POST",
    path: "/api/v1/auth/login",
    headers: { origin: edge.origin },
    body: who,
  });
  const { csrfToken } = JSON.parse(demand("signing in", answer)) as { csrfToken: string };
  const cookie = answer.headers["set-cookie"]?.[0] ?? "";
  if (!/^__Host-lc_session=.*; Secure/.test(cookie))
    throw new Error(`The session cookie is ${cookie.replace(/=[^;]*/, "=…")}`);
  return apiWith(edge, { cookie: cookie.split(";")[0] ?? "", "x-csrf-token": csrfToken, origin: edge.origin });
};

/** The headers of an access token, for programs. */
export const tokenHeaders = async (api: Api, name: string): Promise<Record<string, string>> => {
  const { token } = await api<{ token: string }>("POST", "/auth/tokens", { name, abilities: ["read", "write"] });
  return { authorization: `Bearer ${token}` };
};
