// A DNS server over UDP that answers from a table which a test fills: TXT, A, AAAA, MX and CNAME, and the ways in
// which servers fail (RFC 1035).
import { createSocket } from "node:dgram";
import type { AddressInfo } from "node:net";
import ipaddr from "ipaddr.js";

export interface Zone {
  readonly txt?: readonly string[];
  readonly a?: readonly string[];
  readonly aaaa?: readonly string[];
  readonly mx?: readonly string[];
  readonly cname?: string;
  /** Answers with this instead; `silent` not at all. */
  readonly fails?: "servfail" | "refused" | "silent";
}

const types = { A: 1, CNAME: 5, MX: 15, TXT: 16, AAAA: 28 } as const;

const nameBytes = (name: string): Buffer =>
  Buffer.concat([
    ...name.split(".").map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)])),
    Buffer.from([0]),
  ]);

/** A TXT record's text in parts of at most 255 bytes, as it has to be. */
const textBytes = (text: string): Buffer => {
  const bytes = Buffer.from(text);
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += 255) {
    const part = bytes.subarray(at, at + 255);
    parts.push(Buffer.from([part.length]), part);
  }
  return Buffer.concat(parts.length > 0 ? parts : [Buffer.from([0])]);
};

const recordBytes = (owner: string, type: number, data: Buffer): Buffer => {
  const head = Buffer.alloc(10);
  head.writeUInt16BE(type, 0);
  head.writeUInt16BE(1, 2);
  head.writeUInt32BE(1, 4);
  head.writeUInt16BE(data.length, 8);
  return Buffer.concat([nameBytes(owner), head, data]);
};

const answersOf = (zones: ReadonlyMap<string, Zone>, name: string, type: number, depth = 0): Buffer[] => {
  const zone = zones.get(name);
  if (!zone) return [];
  if (zone.cname && depth < 5)
    return [
      recordBytes(name, types.CNAME, nameBytes(zone.cname)),
      ...answersOf(zones, zone.cname.toLowerCase(), type, depth + 1),
    ];
  if (type === types.TXT) return (zone.txt ?? []).map((text) => recordBytes(name, type, textBytes(text)));
  if (type === types.A)
    return (zone.a ?? []).map((ip) => recordBytes(name, type, Buffer.from(ip.split(".").map(Number))));
  if (type === types.AAAA)
    return (zone.aaaa ?? []).map((ip) => recordBytes(name, type, Buffer.from(ipaddr.parse(ip).toByteArray())));
  if (type === types.MX)
    return (zone.mx ?? []).map((host, i) =>
      recordBytes(name, type, Buffer.concat([Buffer.from([0, 10 + i]), nameBytes(host)])),
    );
  return [];
};

/**
 * Starts it, on a free port of loopback or on `port` of every address. `set` fills the table; a name that is not in it,
 * and above no other, does not exist.
 */
export const startDns = async (port?: number) => {
  const zones = new Map<string, Zone>();
  const asked: string[] = [];
  const socket = createSocket(port === undefined ? "udp4" : "udp6");
  socket.on("message", (query, from) => {
    const labels: string[] = [];
    let at = 12;
    for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
      labels.push(query.toString("latin1", at + 1, at + 1 + length));
      at += length + 1;
    }
    const name = labels.join(".").toLowerCase();
    const type = query.readUInt16BE(at + 1);
    asked.push(name);
    const fails = zones.get(name)?.fails;
    if (fails === "silent") return;
    const records = fails ? [] : answersOf(zones, name, type);
    const exists = zones.has(name) || [...zones.keys()].some((known) => known.endsWith(`.${name}`));
    const code = fails === "servfail" ? 2 : fails === "refused" ? 5 : exists ? 0 : 3;
    const head = Buffer.alloc(12);
    query.copy(head, 0, 0, 2);
    head.writeUInt16BE(0x8580 | code, 2);
    head.writeUInt16BE(1, 4);
    head.writeUInt16BE(records.length, 6);
    socket.send(Buffer.concat([head, query.subarray(12, at + 5), ...records]), from.port, from.address);
  });
  await new Promise<void>((resolve) =>
    port === undefined ? socket.bind(0, "127.0.0.1", resolve) : socket.bind(port, "::", resolve),
  );
  return {
    address: `127.0.0.1:${(socket.address() as AddressInfo).port}`,
    /** Names that were asked for, in order. */
    asked,
    set(table: Readonly<Record<string, Zone>>) {
      zones.clear();
      for (const [name, zone] of Object.entries(table)) zones.set(name.toLowerCase(), zone);
    },
    stop: () => new Promise<void>((resolve) => socket.close(() => resolve())),
  };
};
export type DnsServer = Awaited<ReturnType<typeof startDns>>;
