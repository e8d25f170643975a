// The authorities that the certificates of Postgres and Redis are checked with: LC_POSTGRES_CA and LC_REDIS_CA, each PEM
// text or the path of a file. Read from the environment itself, so that whoever opens a connection cannot forget them.
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { readEnvironment } from "./environment.ts";

const block = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;
const known = new Map<string, string>();

const textOf = (value: string): string => {
  // Files of variables hold one line each: a line break may stand there as \n.
  if (value.includes("-----BEGIN")) return value.replaceAll("\\n", "\n");
  try {
    return readFileSync(value, "utf8");
  } catch (error) {
    throw new Error(
      `names the file ${value}, which cannot be read (${(error as { code?: string }).code ?? "unknown"})`,
    );
  }
};

/**
 * The certificates (PEM) that a value stands for: PEM text, or the path of a file with it. Throws what is wrong with it,
 * worded to follow the name of the variable.
 */
export const readAuthority = (value: string): string => {
  const before = known.get(value);
  if (before !== undefined) return before;
  const blocks = textOf(value).match(block) ?? [];
  if (blocks.length === 0) throw new Error("holds no certificate: expected PEM text, or the path of a file with it");
  for (const one of blocks) {
    try {
      new X509Certificate(one);
    } catch {
      throw new Error("holds a certificate that cannot be read: was a part of it lost on the way?");
    }
  }
  const pem = `${blocks.join("\n")}\n`;
  known.set(value, pem);
  return pem;
};

/** The authority for one server; undefined when none is set. Throws a sentence when what is set cannot be used. */
export const authorityFor = (name: "LC_POSTGRES_CA" | "LC_REDIS_CA"): string | undefined => {
  const value = readEnvironment().value(name);
  if (value === undefined) return undefined;
  try {
    return readAuthority(value);
  } catch (error) {
    throw new Error(`${name} ${(error as Error).message}`);
  }
};
