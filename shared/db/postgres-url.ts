// What a DATABASE_URL says about encryption, as pg understands it. The modes are libpq's, and where they differ stricter;
// prefer and allow are refused: whether data is encrypted must not be the server's choice.
import { readFileSync } from "node:fs";
import type { ConnectionOptions } from "node:tls";

export interface PostgresConnection {
  /** Without what concerns encryption. */
  readonly connectionString: string;
  readonly ssl: ConnectionOptions | false;
}

const own = ["sslmode", "ssl", "sslrootcert", "sslcert", "sslkey", "uselibpqcompat"];

type Mode = "disable" | "require" | "verify-ca" | "verify-full";

/**
 * The mode that the URL and the authority make together:
 * - none: not encrypted; with an authority as verify-full
 * - disable: not encrypted
 * - require: encrypted, the certificate is not checked; with an authority as verify-ca
 * - verify-ca: the certificate must come from the authority, for whatever name; without one as verify-full
 * - verify-full: and it must be for the name that the URL has; without an authority by Node's own
 */
export const encryptionOf = (url: string, authority: string | undefined): Mode | undefined => {
  const given = URL.parse(url)?.searchParams;
  const asked = given?.get("sslmode") ?? { true: "verify-full", "1": "verify-full" }[given?.get("ssl") ?? ""];
  switch (asked) {
    case "require":
      return authority ? "verify-ca" : "require";
    case "verify-ca":
      return authority ? "verify-ca" : "verify-full";
    case "verify-full":
    case "disable":
      return asked;
    case undefined:
      return authority ? "verify-full" : undefined;
    default:
      throw new Error(
        `DATABASE_URL has sslmode=${asked}: expected disable, require, verify-ca or verify-full, so that the server cannot decide whether data is encrypted`,
      );
  }
};

const fileOf = (name: string, path: string): string => {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new Error(
      `DATABASE_URL has ${name}=${path}, which cannot be read (${(error as { code?: string }).code ?? "unknown"})`,
    );
  }
};

/** Options for pg from a postgres:// URL and the authority (PEM) for its server. Throws a sentence for a wrong mode. */
export const postgresConnection = (url: string, authority: string | undefined): PostgresConnection => {
  const parsed = URL.parse(url);
  if (!parsed) return { connectionString: url, ssl: false };
  const { searchParams } = parsed;
  const read = (name: string): string | undefined => {
    const path = searchParams.get(name);
    return path === null ? undefined : fileOf(name, path);
  };
  const ca = authority ?? (searchParams.get("sslrootcert") === "system" ? undefined : read("sslrootcert"));
  const mode = encryptionOf(url, ca);
  const [cert, key] = [read("sslcert"), read("sslkey")];
  const named = own.some((name) => searchParams.has(name));
  for (const name of own) searchParams.delete(name);
  // Only a URL that says something about encryption is written anew: the others stay letter by letter as they were.
  const connectionString = named ? parsed.href : url;
  if (mode === undefined || mode === "disable") return { connectionString, ssl: false };
  return {
    connectionString,
    ssl: {
      ...(ca ? { ca } : {}),
      ...(cert && key ? { cert, key } : {}),
      // What sslmode=require means everywhere; the boot check says that nothing is verified.
      ...(mode === "require" ? { rejectUnauthorized: false } : {}),
      ...(mode === "verify-ca" ? { checkServerIdentity: () => undefined } : {}),
    },
  };
};
