// What Linux says about a process: its memory, the processor time it has used, and the local ports of its connections.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** Resident memory in MB (10^6 bytes). Throws when the process is gone. */
export const residentMb = (pid: number): number => {
  const kibibytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  if (!kibibytes) throw new Error(`Process ${pid} is gone`);
  return (Number(kibibytes) * 1024) / 1e6;
};

const ticksPerSecond = Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));

/** Processor seconds used so far, of all its threads, in user and kernel mode. */
export const processorSeconds = (pid: number): number => {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The name stands in parentheses and may hold spaces: fields are counted behind it. utime and stime are 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
};

/** Processor seconds of a process and of all its children, those that have ended too; as a Postgres server's are. */
export const familySeconds = (pid: number): number => {
  const own = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = own.slice(own.lastIndexOf(")") + 2).split(" ");
  const ended = (Number(fields[13]) + Number(fields[14])) / ticksPerSecond;
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean);
  return children.reduce((sum, child) => {
    try {
      return sum + processorSeconds(Number(child));
    } catch {
      // It ended between the two looks and counts as ended the next time.
      return sum;
    }
  }, processorSeconds(pid) + ended);
};

/** Local TCP port → inode of its socket, for connections that are open. */
const openSockets = (): Map<number, string> => {
  const ports = new Map<number, string>();
  for (const table of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    for (const line of readFileSync(table, "utf8").split("\n").slice(1)) {
      const [, local = "", , state, , , , , , inode = ""] = line.trim().split(/\s+/);
      const established = state === "01";
      if (established) ports.set(Number.parseInt(local.slice(local.lastIndexOf(":") + 1), 16), inode);
    }
  }
  return ports;
};

const inodesOf = (pid: number): Set<string> =>
  new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap((name) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${name}`))?.[1] ?? [];
      } catch {
        return [];
      }
    }),
  );

/** How many of these local ports belong to each of the processes. */
export const portsPerProcess = (ports: readonly number[], pids: readonly number[]): Map<number, number> => {
  const sockets = openSockets();
  return new Map(
    pids.map((pid) => {
      const inodes = inodesOf(pid);
      return [pid, ports.filter((port) => inodes.has(sockets.get(port) ?? "")).length];
    }),
  );
};
