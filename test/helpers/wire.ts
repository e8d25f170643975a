// A TCP connection that can go wrong on the way to a real server: swallow everything without a word, or be cut at one
// exact moment. Connections that are made afterwards work.
import { connect, createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";

export interface Wire {
  /** The server's URL, with the wire's port. */
  readonly url: string;
  /** Connections that are open now carry nothing any more, in either direction, and stay open. */
  silence(): void;
  /** Cuts the next connection on which a client says this, right behind it: what follows never arrives. */
  cutBehind(said: RegExp): void;
  /** Cuts the next connection on which a client says this as soon as Postgres has answered: the answer never arrives. */
  loseAnswerTo(said: RegExp): void;
  /** How many connections were cut. */
  cuts(): number;
}

/** Postgres's word for "done, and no transaction is open". */
const readyForQuery = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);

/** A wire to the server of this URL, until the test ends. */
export const wireTo = async (url: string): Promise<Wire> => {
  const target = new URL(url);
  const pairs = new Set<{ silent: boolean; readonly sockets: readonly Socket[] }>();
  let behind: RegExp | undefined;
  let lost: RegExp | undefined;
  let cuts = 0;
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    const pair = { silent: false, sockets: [client, upstream] };
    pairs.add(pair);
    const end = () => {
      pairs.delete(pair);
      for (const socket of pair.sockets) socket.destroy();
    };
    let answerIsLost = false;
    for (const socket of pair.sockets) socket.on("error", end).on("close", end);
    client.on("data", (data) => {
      if (pair.silent) return;
      const text = data.toString("latin1");
      const found = behind?.exec(text);
      if (found) {
        behind = undefined;
        cuts++;
        upstream.end(data.subarray(0, found.index + found[0].length));
        client.destroy();
        return;
      }
      if (lost?.test(text)) {
        lost = undefined;
        answerIsLost = true;
      }
      upstream.write(data);
    });
    upstream.on("data", (data) => {
      if (pair.silent) return;
      if (!answerIsLost) client.write(data);
      else if (data.includes(readyForQuery)) {
        cuts++;
        end();
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    for (const { sockets } of pairs) for (const socket of sockets) socket.destroy();
  });
  const { port } = server.address() as { port: number };
  const own = new URL(url);
  own.hostname = "127.0.0.1";
  own.port = String(port);
  return {
    url: own.href,
    silence() {
      for (const pair of pairs) pair.silent = true;
    },
    cutBehind(said) {
      behind = said;
    },
    loseAnswerTo(said) {
      lost = said;
    },
    cuts: () => cuts,
  };
};
