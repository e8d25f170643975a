// Whether a request was made on this machine itself: over loopback, to a name of loopback, and through no proxy. A proxy
// also comes from loopback, but names whom it speaks for; a page of elsewhere that points its name here keeps its name.
import type { IncomingMessage } from "node:http";
import { loopbackHost } from "../lib/loopback.ts";

const ofProxies = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via"];

/** True when nobody but this machine can have made the request. */
export const isDirectLocal = (req: IncomingMessage): boolean => {
  const peer = (req.socket.remoteAddress ?? "").replace(/^::ffff:/, "");
  const fromHere = peer === "::1" || peer.startsWith("127.");
  const host = (req.headers.host ?? "").toLowerCase();
  return fromHere && loopbackHost.test(host) && ofProxies.every((header) => req.headers[header] === undefined);
};
