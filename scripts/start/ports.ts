// Ports: a free one on loopback, and for a taken one the sentence that says who has it.
import { randomInt } from "node:crypto";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { createServer, type ListenOptions } from "node:net";
import { commandLine } from "./process-identity.ts";

const listenOnce = (options: ListenOptions): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(options, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });

/**
 * A port that nothing listened on a moment ago, on loopback. It lies below the range from which systems take the ports
 * of outgoing connections: there, a client that keeps trying while a server restarts can end up connected to itself and
 * hold the server's port.
 */
export const freePort = async (): Promise<number> => {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    try {
      return await listenOnce({ host: "127.0.0.1", port: randomInt(15_000, 32_000) });
    } catch {
      // Taken: another one.
    }
  }
  return listenOnce({ host: "127.0.0.1", port: 0 });
};

/** Inodes of the sockets that listen on a port (state 0A in /proc/net/tcp). */
const listeningInodes = (port: number): Set<string> => {
  const inodes = new Set<string>();
  const wanted = port.toString(16).toUpperCase().padStart(4, "0");
  for (const table of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    let rows: string[] = [];
    try {
      rows = readFileSync(table, "utf8").split("\n").slice(1);
    } catch {
      continue;
    }
    for (const row of rows) {
      const fields = row.trim().split(/\s+/);
      if (fields[3] === "0A" && fields[1]?.endsWith(`:${wanted}`) && fields[9]) inodes.add(`socket:[${fields[9]}]`);
    }
  }
  return inodes;
};

/** The process that listens on a port: pid and command line. Undefined where the system does not tell (not Linux, another user's). */
export const portOwner = (port: number): { pid: number; command: string } | undefined => {
  const inodes = listeningInodes(port);
  if (inodes.size === 0) return undefined;
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      for (const descriptor of readdirSync(`/proc/${entry}/fd`)) {
        if (!inodes.has(readlinkSync(`/proc/${entry}/fd/${descriptor}`))) continue;
        return { pid: Number(entry), command: commandLine(Number(entry)) ?? "unknown" };
      }
    } catch {
      // Gone meanwhile, or another user's.
    }
  }
  return undefined;
};

/**
 * Says in one sentence why a port cannot be had, or returns undefined when it can. Asked on all interfaces, as the
 * gateway will listen.
 */
export const portTaken = async (port: number): Promise<string | undefined> => {
  try {
    await listenOnce({ port });
    return undefined;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "EACCES") return `Port ${port} may not be used by this user: set PORT to one above 1023.`;
    if (code !== "EADDRINUSE") return `Port ${port} cannot be used: ${(error as Error).message}.`;
    const owner = portOwner(port);
    const by = owner ? ` by process ${owner.pid} (${owner.command.slice(0, 160)})` : "";
    return `Port ${port} is taken${by}: end that process, or set PORT to another one.`;
  }
};
