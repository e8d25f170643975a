// One HTTP request with full control over path, headers and bytes, over connections that stay open; what it says is
// sent as it stands, also where no browser would send it.
import { Agent, type IncomingHttpHeaders, request } from "node:http";

export interface Sent {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Uint8Array | undefined;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** Until the last byte, in ms. */
  readonly ms: number;
}

export interface Client {
  /** Rejects when the connection breaks or nothing comes within 30 s. A stream of events ends with its head. */
  send(sent: Sent): Promise<Answer>;
  close(): void;
}

const patienceMs = 30_000;

/** A client of one port of this machine with at most `sockets` connections. */
export const openClient = (port: number, sockets: number): Client => {
  const agent = new Agent({ keepAlive: true, maxSockets: sockets, scheduling: "fifo" });
  const once = ({ method, path, headers, body }: Sent): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const began = performance.now();
      const bytes = typeof body === "string" ? Buffer.from(body) : body;
      const req = request({
        host: "127.0.0.1",
        port,
        agent,
        method,
        path,
        headers: { ...(bytes ? { "content-length": String(bytes.length) } : {}), ...headers },
        signal: AbortSignal.timeout(patienceMs),
      });
      req.on("error", reject);
      req.on("response", (res) => {
        const chunks: Buffer[] = [];
        const done = () =>
          resolve({
            status: res.statusCode ?? 0,
            headers: res.headers,
            text: Buffer.concat(chunks).toString("utf8"),
            ms: performance.now() - began,
          });
        if (/event-stream/.test(res.headers["content-type"] ?? "")) {
          res.on("error", () => undefined);
          done();
          req.destroy();
          return;
        }
        res.on("data", (chunk: Buffer) => chunks.push(chunk));
        res.on("error", reject);
        res.on("end", done);
      });
      req.end(bytes);
    });
  return {
    // A connection that the server closed while it was idle is not the server's fault: asked once more on a new one.
    send: (sent) =>
      once(sent).catch((error: { code?: string }) => {
        if (error.code === "ECONNRESET" || error.code === "EPIPE") return once(sent);
        throw error;
      }),
    close: () => agent.destroy(),
  };
};
