// The environment variables of what a process stands on: Postgres, Redis, and how their certificates are checked.
import { urlWith } from "./variable-checks.ts";
import type { Variable } from "./variables.ts";

const modes = ["disable", "require", "verify-ca", "verify-full"];

const postgresUrl = (value: string): string | undefined => {
  const wanted = urlWith("postgres", "postgresql")(value);
  if (wanted) return wanted;
  const mode = URL.parse(value)?.searchParams.get("sslmode");
  return mode === null || mode === undefined || modes.includes(mode)
    ? undefined
    : `an sslmode that does not leave encryption to the server: ${modes.join(", ")}`;
};

/** Whether it can be read is looked at by the check at start: this one must not depend on the machine. */
const authority = (value: string): string | undefined =>
  value.includes("-----BEGIN CERTIFICATE-----") || /^[./~\w-]+$/.test(value)
    ? undefined
    : "PEM text that begins with -----BEGIN CERTIFICATE-----, or the path of a file with it";

export const connectionVariables: readonly Variable[] = [
  {
    name: "DATABASE_URL",
    meaning:
      "Postgres 15 or newer; without it `npm start` runs an embedded one. `?sslmode=verify-full` encrypts and checks the server; `require` only encrypts",
    groups: ["all"],
    example: "postgres://lc:secret@localhost:5432/lc",
    secret: true,
    refuse: postgresUrl,
  },
  {
    name: "LC_POSTGRES_CA",
    meaning:
      "Authority that issued Postgres's certificate, when it is none of the public ones: PEM text, or the path of a file",
    groups: ["all"],
    example: "/etc/ssl/postgres-ca.pem",
    refuse: authority,
  },
  {
    name: "REDIS_URL",
    meaning:
      "Redis 7 or newer; without it `npm start` runs a private one. `rediss://` encrypts and checks the server's certificate",
    groups: ["all"],
    example: "redis://localhost:6379/0",
    secret: true,
    refuse: urlWith("redis", "rediss"),
  },
  {
    name: "LC_REDIS_CA",
    meaning:
      "Authority that issued Redis's certificate, when it is none of the public ones: PEM text, or the path of a file",
    groups: ["all"],
    example: "/etc/ssl/redis-ca.pem",
    refuse: authority,
  },
];
