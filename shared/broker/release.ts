// Which version this process runs: name and version of package.json, and the commit of a working copy, or the one that
// railway/Dockerfile noted when it built the image.
import { readFileSync } from "node:fs";

const root = new URL("../../", import.meta.url);

const read = (path: string): string | undefined => {
  try {
    return readFileSync(new URL(path, root), "utf8").trim();
  } catch {
    return undefined;
  }
};

/** The commit of a working copy or of an image; null where neither says it. */
const commitHere = (): string | null => {
  const head = read(".git/HEAD") ?? read("commit");
  const named = head?.startsWith("ref: ") ? read(`.git/${head.slice(5)}`) : head;
  return named && /^[0-9a-f]{40}$/.test(named) ? named : null;
};

export interface Release {
  readonly name: string;
  readonly version: string;
  readonly commit: string | null;
}

const { name, version } = JSON.parse(read("package.json") ?? "{}") as { name: string; version: string };

/** What runs here. */
export const release: Release = Object.freeze({ name, version, commit: commitHere() });
