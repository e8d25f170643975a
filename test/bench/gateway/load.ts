// Load on one address: a fixed number of connections, each with one request under way, for some seconds.
import { Agent, request } from "node:http";

export interface Ask {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly body?: object;
}

export interface Target {
  readonly base: string;
  readonly headers: Readonly<Record<string, string>>;
}

const once = (agent: Agent, { base, headers }: Target, { method, path, body }: Ask): Promise<number> =>
  new Promise((resolve, reject) => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const sent = request(
      `${base}/api/v1${path}`,
      {
        agent,
        method,
        headers: {
          ...headers,
          ...(text === undefined
            ? {}
            : { "content-type": "application/json", "content-length": String(Buffer.byteLength(text)) }),
        },
      },
      (response) => {
        response.resume();
        response.on("end", () => resolve(response.statusCode ?? 0));
        response.on("error", reject);
      },
    );
    sent.on("error", reject);
    sent.end(text);
  });

/** Requests a second that were answered with 2xx. Rejects at the first other answer. */
export const requestsPerSecond = async (
  target: Target,
  connections: number,
  seconds: number,
  next: () => Ask,
): Promise<number> => {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const began = performance.now();
  const end = began + seconds * 1000;
  let answered = 0;
  const worker = async () => {
    while (performance.now() < end) {
      const ask = next();
      const status = await once(agent, target, ask);
      if (status < 200 || status > 299) throw new Error(`${ask.method} ${ask.path} answered ${status}`);
      answered += 1;
    }
  };
  try {
    await Promise.all(Array.from({ length: connections }, worker));
    return answered / ((performance.now() - began) / 1000);
  } finally {
    agent.destroy();
  }
};
