// Whether a request was made on this machine itself: over loopback, to a name of loopback, and through no proxy. A proxy
// also comes from loopback, but names whom it speaks for; a page of elsewhere that points its name here keeps its name.
import type { Exchange } from "../exchange.ts";
import { isLoopbackHost } from "./cookies.ts";

const ofProxies = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip", "via"];

/** True when nobody but this machine can have made the request. */
export const isDirectLocal = ({ req, host }: Exchange): boolean => {
  const peer = (req.socket.remoteAddress ?? "").replace(/^::ffff:/, "");
  const fromHere = peer === "::1" || peer.startsWith("127.");
  return fromHere && isLoopbackHost(host) && ofProxies.every((header) => req.headers[header] === undefined);
};
