// What the build of the web app adds: version.json, which says what was built from which commit, and, for an API at
// another address, that address in the content policy of `_headers` (Cloudflare Pages reads them from there).
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { loadEnv, type Plugin, type ResolvedConfig } from "vite";

const root = resolve(import.meta.dirname, "..");
const read = (path: string) =>
  existsSync(join(root, path)) ? readFileSync(join(root, path), "utf8").trim() : undefined;

/** The commit: as the hoster names it while building, else that of a working copy. */
const commitOf = (mode: string): string | null => {
  const names = ["RAILWAY_GIT_COMMIT_SHA", "CF_PAGES_COMMIT_SHA"];
  const given = Object.values(loadEnv(mode, root, names)).find(Boolean);
  const head = read(".git/HEAD");
  const found = given ?? (head?.startsWith("ref: ") ? read(`.git/${head.slice(5)}`) : head);
  return found && /^[0-9a-f]{40}$/.test(found) ? found : null;
};

/** Writes version.json: name, version and commit of what was built. Served with every build, never cached. */
export const versionStamp = (): Plugin => {
  let mode = "";
  return {
    name: "version-stamp",
    configResolved(config: ResolvedConfig) {
      ({ mode } = config);
    },
    generateBundle() {
      const { name, version } = JSON.parse(read("package.json") ?? "{}") as { name?: string; version?: string };
      const source = `${JSON.stringify({ name, version, commit: commitOf(mode) })}\n`;
      this.emitFile({ type: "asset", fileName: "version.json", source });
    },
  };
};

/** Lets pages of a build with VITE_API_URL reach that address, and no other. */
export const pagesHeaders = (): Plugin => {
  let file = "";
  let api: string | undefined;
  return {
    name: "pages-headers",
    configResolved(config: ResolvedConfig) {
      file = join(config.root, config.build.outDir, "_headers");
      api = config.env.VITE_API_URL;
      if (resolve(config.build.outDir) === config.build.outDir) file = join(config.build.outDir, "_headers");
    },
    writeBundle() {
      if (!api) return;
      const before = readFileSync(file, "utf8");
      const after = before.replace("connect-src 'self'", `connect-src 'self' ${new URL(api).origin}`);
      if (after === before) throw new Error("web/public/_headers has no connect-src 'self' to add VITE_API_URL to");
      writeFileSync(file, after);
    },
  };
};
