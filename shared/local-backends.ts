// Where the embedded Postgres and Redis of a running `npm start` are, for the commands beside it (`npm run user`).
// Readable by this user only: the address of the private Redis holds its password.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface BackendUrls {
  readonly databaseUrl: string;
  readonly redisUrl: string;
  /** Port of the gateway on this machine; absent in notes of older versions. */
  readonly port?: number;
}

// No .json: the notes about processes beside it end in that.
const fileOf = (dataDir: string) => join(dataDir, "run", "backends");

/** Writes the addresses down; each start overwrites them. */
export const writeBackends = (dataDir: string, urls: BackendUrls): void => {
  mkdirSync(join(dataDir, "run"), { recursive: true });
  writeFileSync(fileOf(dataDir), JSON.stringify(urls), { mode: 0o600 });
};

/** The addresses of the last start on this data folder, or undefined when there was none. */
export const readBackends = (dataDir: string): BackendUrls | undefined => {
  try {
    return JSON.parse(readFileSync(fileOf(dataDir), "utf8")) as BackendUrls;
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return undefined;
    throw error;
  }
};
