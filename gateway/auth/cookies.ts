// The session cookie: which name and attributes it has on this connection, and where it may exist at all.
// Over TLS `__Host-lc_session`; over plain http only on loopback, as `lc_session_<port>`, so that two instances on one
// machine do not sign each other out, and without Secure, since Safari drops that on http; nowhere else.
import { loopbackHost } from "../../shared/lib/loopback.ts";
import type { Exchange } from "../exchange.ts";

/** The cookie's name here, or undefined where no session may exist: plain http to anything but this machine. */
export const cookieName = ({ secure, host }: Exchange): string | undefined => {
  if (secure) return "__Host-lc_session";
  const local = loopbackHost.exec(host);
  return local ? `lc_session_${local[1] ?? "80"}` : undefined;
};

/** The value of a cookie of this request, or undefined. */
export const readCookie = ({ req }: Exchange, name: string): string | undefined => {
  for (const part of (req.headers.cookie ?? "").split(";")) {
    const pair = part.trim();
    if (pair.startsWith(`${name}=`)) return pair.slice(name.length + 1);
  }
  return undefined;
};

/** Sets the cookie for `seconds`; 0 removes it. `name` comes from cookieName. */
export const setCookie = ({ res, secure }: Exchange, name: string, value: string, seconds: number): void => {
  res.appendHeader(
    "set-cookie",
    `${name}=${value}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Lax${secure ? "; Secure" : ""}`,
  );
};
