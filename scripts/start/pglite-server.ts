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
const QUERY = "Q".charCodeAt(0);
/** Ends what a client copies in: it is done, or it gives up. */
const ENDS_COPY = new Set(["c", "f"].map((letter) => letter.charCodeAt(0)));
const COPY_IN = /^\s*copy\s[^;]*\sfrom\s+stdin\b[^;]*$/i;
/** CopyInResponse: text, no columns named. The client begins to send when it has it. */
const GO_AHEAD = Buffer.from([0x47, 0, 0, 0, 7, 0, 0, 0]);

interface Client {
  readonly socket: Socket;
  /** Bytes that are not a whole message yet. */
  rest: Buffer;
  /** Whole messages of a unit that has not ended yet. */
  unit: Buffer[];
  started: boolean;
  gone: boolean;
  /** It was told to send the rows of a COPY; they are a unit with it, since the backend reads them without waiting. */
  copying: boolean;
}

interface Unit {
  readonly client: Client;
  readonly bytes: Buffer;
  /** The client has been told to go ahead already. */
  readonly copy: boolean;
}

/** Leaves out what the client was told already: the backend's own CopyInResponse, which comes first or not at all. */
const withoutGoAhead = (send: (data: Buffer) => void): ((data: Uint8Array) => void) => {
  let first: Buffer | undefined = Buffer.alloc(0);
  return (data) => {
    if (!first) return send(Buffer.from(data));
    const bytes = Buffer.concat([first, data]);
    if (bytes.length < 5) {
      first = bytes;
      return;
    }
    const own = bytes[0] === GO_AHEAD[0] ? 1 + bytes.readInt32BE(1) : 0;
    if (bytes.length < own) {
      first = bytes;
      return;
    }
    first = undefined;
    if (bytes.length > own) send(bytes.subarray(own));
  };
};

/** Cuts the client's bytes into units; answers what comes before the start-up message, and a COPY's first word, by itself. */
const unitsOf = (client: Client): Unit[] => {
  const units: Unit[] = [];
  const unit = (bytes: Buffer, copy = false) => units.push({ client, bytes, copy });
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
        unit(rest.subarray(0, length));
      } else client.socket.destroy(new Error(`unknown protocol ${code}`));
      continue;
    }
    if (rest.length < 5) return units;
    const length = 1 + rest.readInt32BE(1);
    if (rest.length < length) return units;
    client.rest = rest.subarray(length);
    client.unit.push(rest.subarray(0, length));
    const kind = rest[0] as number;
    if (client.copying) {
      if (!ENDS_COPY.has(kind)) continue;
      client.copying = false;
      unit(Buffer.concat(client.unit), true);
    } else if (kind === QUERY && COPY_IN.test(rest.toString("utf8", 5, length - 1))) {
      client.copying = true;
      client.socket.write(GO_AHEAD);
      continue;
    } else if (!ENDS_UNIT.has(kind)) continue;
    else if (kind !== TERMINATE) unit(Buffer.concat(client.unit));
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
      const { client, bytes, copy } = unit;
      if (client.gone) continue;
      const send = (data: Uint8Array) => {
        if (client.socket.writable) client.socket.write(Buffer.from(data));
      };
      try {
        await run(bytes, copy ? withoutGoAhead(send) : send);
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
    const client: Client = { socket, rest: Buffer.alloc(0), unit: [], started: false, gone: false, copying: false };
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
      waiting.push(...unitsOf(client));
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
