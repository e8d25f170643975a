// Whether what goes to Postgres and Redis is encrypted, as far as the URLs tell. Within one machine, a compose network or
// a hoster's private network (Railway's is WireGuard) it need not be; over anything else it must, and checked.
import { isIP } from "node:net";
import { encryptionOf } from "../db/postgres-url.ts";
import { about, type Finding } from "../finding.ts";
import { leadsHere } from "../lib/loopback.ts";

const privateName = /^[^.]+$|\.(internal|local|localhost|lan|svc|cluster\.local)$/i;
const privateAddress =
  /^(127\.|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|::1$|f[cd])/i;

const isPrivate = (url: string): boolean => {
  const host = (URL.parse(url)?.hostname ?? "").replace(/^\[|\]$/g, "");
  return leadsHere(url) || (isIP(host) ? privateAddress.test(host) : privateName.test(host));
};

const open = (area: "Postgres" | "Redis", advice: string): Finding =>
  about(area).warning("Encryption", "off, and the server is not on a private network", advice);

/** Findings about a Postgres URL; none while it cannot be read. `authority`: LC_POSTGRES_CA's certificates. */
export const postgresEncryption = (url: string, authority: string | undefined): Finding[] => {
  const { ok, warning } = about("Postgres");
  const mode = encryptionOf(url, authority);
  if (mode === undefined || mode === "disable")
    return isPrivate(url)
      ? [ok("Encryption", "off, within a private network")]
      : [
          open(
            "Postgres",
            "Add ?sslmode=verify-full to DATABASE_URL: data and password go over the network as they are.",
          ),
        ];
  return mode === "require" && !isPrivate(url)
    ? [
        warning(
          "Encryption",
          "on, but nobody checks who the server is",
          "Use sslmode=verify-full, with LC_POSTGRES_CA when its authority is not a public one.",
        ),
      ]
    : [ok("Encryption", `on (${mode})`)];
};

/** Findings about a Redis URL. */
export const redisEncryption = (url: string): Finding[] => {
  const { ok } = about("Redis");
  if (url.startsWith("rediss:")) return [ok("Encryption", "on, and the server is checked")];
  return isPrivate(url)
    ? [ok("Encryption", "off, within a private network")]
    : [open("Redis", "Use rediss:// in REDIS_URL: work, sessions and the password go over the network as they are.")];
};
