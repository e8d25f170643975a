// A whole house in one process for hostile requests, and what every refusal must look like.
import { expect } from "vitest";
import { openHouse } from "./house.ts";
import { ownerToken } from "./owner-token.ts";
import { until } from "./processes.ts";

export interface Refusal {
  readonly status: number;
  readonly ms: number;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: JSON of unknown shape is looked into by the tests
  readonly json: any;
}

export interface Attack {
  readonly method?: string;
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it is. */
  readonly raw?: string | Uint8Array | FormData;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Every problem names its code and request; a 422 names places. Nothing is a 5xx. */
export const expectProblem = (what: string, { status, ms, text, json }: Refusal): void => {
  const seen = `${what} → ${status} after ${Math.round(ms)} ms: ${text.slice(0, 300)}`;
  expect(status, seen).toBeLessThan(500);
  if (status < 400) return;
  expect(json, seen).toMatchObject({
    type: expect.any(String),
    title: expect.any(String),
    status,
    code: expect.stringMatching(/^[A-Z_]+$/),
    requestId: expect.any(String),
  });
  expect(text.length, seen).toBeLessThan(30_000);
  if (status === 422)
    expect(json.errors, seen).toEqual(
      expect.arrayContaining([{ path: expect.any(String), message: expect.stringMatching(/./) }]),
    );
};

/** Starts gateway and services on databases of their own, in one process. */
export const openTarget = async () => {
  const house = await openHouse();
  const services = ["contacts", "campaigns", "scheduler", "sandbox", "email"].map((group) => `services/${group}`);
  const all = await house.start("gateway", ["gateway", ...services]);
  const base = `http://127.0.0.1:${all.port}`;
  const token = await ownerToken(base);

  const send = async ({ method = "GET", path, body, raw, headers = {} }: Attack): Promise<Refusal> => {
    const began = performance.now();
    const typed = body !== undefined || (raw !== undefined && !(raw instanceof FormData));
    const response = await fetch(base + path, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(typed ? { "content-type": "application/json" } : {}),
        ...headers,
      },
      ...(raw !== undefined ? { body: raw } : body !== undefined ? { body: JSON.stringify(body) } : {}),
      signal: AbortSignal.timeout(60_000),
    } as RequestInit);
    const text = await response.text();
    const isJson = /^application\/(problem\+)?json/.test(response.headers.get("content-type") ?? "");
    return {
      status: response.status,
      ms: performance.now() - began,
      text,
      json: isJson && text !== "" ? JSON.parse(text) : undefined,
    };
  };

  return {
    port: all.port,
    token,
    send,
    /** True while the process that was started is still the one that answers. */
    alive: async () => (await send({ path: "/health/ready" })).status === 200,
    /** The import when it has ended. */
    imported: (id: string) =>
      until("the import has ended", async () => {
        const { json } = await send({ path: `/api/v1/imports/${id}` });
        return ["completed", "failed"].includes(json.status) && json;
      }),
    close: () => house.close(),
  };
};
export type Target = Awaited<ReturnType<typeof openTarget>>;
