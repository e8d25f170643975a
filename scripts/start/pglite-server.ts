// Serves PGlite's one backend to many `pg` connections over TCP. What belongs together runs together: everything up to a
// Sync, and everything inside a transaction, of one connection before anything of another (the stock socket server
// interleaves single protocol messages of several connections, so one's Bind met another's Parse).

import { createServer, type Server, type Socket } from "node:net";
import type { PGlite } from "@electric-sql/pglite";

const PROTOCOL_3 = 196_608;
const SSL_REQUEST = 80_877_103;
const CANCEL_REQUEST = 80_877_102;

/** Message types after which the backend has answered and another connection may have its turn (protocol 3.0, section 55.7). */
const ENDS_UNIT = new Set(["S", "Q", "F", "X"].map((letter) => letter.charCodeAt(0)));
const TERMINATE = "X".charCodeAt(0);

interface Client {
  readonly socket: Socket;
  /** Bytes that are not a whole message yet. */
  rest: Buffer;
  /** Whole messages of a unit that has not ended yet. */
  unit: Buffer[];
  started: boolean;
  gone: boolean;
}

interface Unit {
  readonly client: Client;
  readonly bytes: Buffer;
}

/** Cuts the client's bytes into units; answers what comes before the start-up message by itself. */
const unitsOf = (client: Client): Buffer[] => {
  const units: Buffer[] = [];
  for (;;) {
    const { rest } = client;
    if (!client.started) {
      if (rest.length < 8) return units;
      const length = rest.readInt32BE(0);
      const code = rest.readInt32BE(4);
      if (rest.length < length) return units;
      client.rest = rest.subarray(length);
      if (code === SSL_REQUEST) client.socket.write("N");
      else if (code === CANCEL_REQUEST) client.socket.end();
      else if (code === PROTOCOL_3) {
        client.started = true;
        units.push(rest.subarray(0, length));
      } else client.socket.destroy(new Error(`unknown protocol ${code}`));
      continue;
    }
    if (rest.length < 5) return units;
    const length = 1 + rest.readInt32BE(1);
    if (rest.length < length) return units;
    client.rest = rest.subarray(length);
    client.unit.push(rest.subarray(0, length));
    if (!ENDS_UNIT.has(rest[0] as number)) continue;
    if (rest[0] !== TERMINATE) units.push(Buffer.concat(client.unit));
    client.unit = [];
  }
};

export interface PgliteServer {
  readonly server: Server;
  /** Ends all connections; resolves when the unit that runs has finished. */
  stop(): Promise<void>;
}

/** Starts serving `db` on a loopback port. Rejects when the port is taken. */
export const servePglite = async (db: PGlite, port: number): Promise<PgliteServer> => {
  const clients = new Set<Client>();
  const waiting: Unit[] = [];
  /** The connection whose transaction is open. */
  let owner: Client | undefined;
  let running: Promise<void> | undefined;

  const run = (bytes: Buffer, onData: (data: Uint8Array) => void) =>
    db.runExclusive(() => db.execProtocolRawStream(bytes, { onRawData: onData }));

  const work = async () => {
    for (;;) {
      if (owner?.gone) {
        await db.exec("rollback");
        owner = undefined;
      }
      const next = owner ? waiting.findIndex((unit) => unit.client === owner) : 0;
      const unit = next === -1 ? undefined : waiting.splice(next, 1)[0];
      if (!unit) return;
      const { client, bytes } = unit;
      if (client.gone) continue;
      try {
        await run(bytes, (data) => {
          if (client.socket.writable) client.socket.write(Buffer.from(data));
        });
      } catch (error) {
        client.socket.destroy(error as Error);
      }
      owner = db.isInTransaction() ? client : undefined;
    }
  };
  const turn = () => {
    running ??= work().finally(() => {
      running = undefined;
      if (waiting.some((unit) => !owner || unit.client === owner) || owner?.gone) turn();
    });
  };

  const server = createServer({ noDelay: true }, (socket) => {
    const client: Client = { socket, rest: Buffer.alloc(0), unit: [], started: false, gone: false };
    clients.add(client);
    const leave = () => {
      if (client.gone) return;
      client.gone = true;
      clients.delete(client);
      for (let i = waiting.length - 1; i >= 0; i--) if (waiting[i]?.client === client) waiting.splice(i, 1);
      turn();
    };
    socket.on("data", (data) => {
      client.rest = client.rest.length === 0 ? data : Buffer.concat([client.rest, data]);
      for (const bytes of unitsOf(client)) waiting.push({ client, bytes });
      turn();
    });
    socket.on("error", leave);
    socket.on("close", leave);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return {
    server,
    async stop() {
      server.close();
      for (const client of clients) client.socket.destroy();
      await running;
    },
  };
};
