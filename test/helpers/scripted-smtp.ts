// An SMTP server that says what a test tells it to, byte for byte: for answers that no well-behaved server gives.
import { createServer, type Socket } from "node:net";

export interface Said {
  /** What came in: a command line, `connect`, or `body` once the mail is there. */
  readonly line: string;
  /** Mails that this connection has taken before. */
  readonly mails: number;
  readonly socket: Socket;
}

/** The server's answer without line end, or undefined for the usual one. */
export type Script = (said: Said) => string | Buffer | undefined;

const usual = (line: string): string => {
  if (line === "connect") return "220 scripted";
  if (/^EHLO/i.test(line)) return "250-scripted\r\n250-AUTH PLAIN\r\n250 SIZE 1000000";
  if (/^AUTH/i.test(line)) return "235 ok";
  if (/^DATA/i.test(line)) return "354 go on";
  return "250 ok";
};

/** Starts it on a free loopback port; `open` counts connections that are open now. */
export const scriptedSmtp = async (script: Script) => {
  const sockets = new Set<Socket>();
  const taken: string[] = [];
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => undefined);
    let mails = 0;
    let pending = "";
    let inBody = false;
    const say = (line: string) => {
      const answer = script({ line, mails, socket }) ?? usual(line);
      if (!socket.destroyed && socket.writable)
        socket.write(Buffer.concat([Buffer.from(answer as string), Buffer.from("\r\n")]));
      return answer;
    };
    say("connect");
    socket.on("data", (chunk) => {
      pending += chunk.toString("latin1");
      for (;;) {
        const end = pending.indexOf(inBody ? "\r\n.\r\n" : "\r\n");
        if (end === -1) return;
        const line = pending.slice(0, end);
        pending = pending.slice(end + (inBody ? 5 : 2));
        if (inBody) {
          inBody = false;
          taken.push(line);
          say("body");
          mails++;
        } else if (String(say(line)).startsWith("354")) inBody = true;
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  return {
    url: `smtp://127.0.0.1:${port}`,
    port,
    taken,
    open: () => sockets.size,
    close: () =>
      new Promise<void>((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
};
