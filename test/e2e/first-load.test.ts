// What a first visit costs: the built app's entry, its style sheet and the largest first screen, as they are sent.
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { environmentWith } from "../../shared/config.ts";

interface Chunk {
  readonly file: string;
  readonly imports?: readonly string[];
  readonly css?: readonly string[];
}

const budget = 230 * 1024;
const web = resolve(import.meta.dirname, "../../web");

describe("the built web app", () => {
  const dist = mkdtempSync(join(tmpdir(), "lc-web-"));
  let manifest: Record<string, Chunk> = {};
  const read = (file: string) => readFileSync(join(dist, file));

  /** Files that must arrive before an entry can run. */
  const needed = (name: string, found = new Set<string>()): Set<string> => {
    const chunk = manifest[name];
    if (!chunk || found.has(chunk.file)) return found;
    found.add(chunk.file);
    for (const sheet of chunk.css ?? []) found.add(sheet);
    for (const imported of chunk.imports ?? []) needed(imported, found);
    return found;
  };

  beforeAll(async () => {
    // As the supervisor builds it, in a process of its own: the test's NODE_ENV must not decide which React goes in.
    const vite = resolve(web, "../node_modules/vite/bin/vite.js");
    await promisify(execFile)(
      process.execPath,
      [vite, "build", "--logLevel", "error", "--outDir", dist, "--emptyOutDir"],
      {
        cwd: web,
        env: environmentWith({ NODE_ENV: "production" }),
      },
    );
    manifest = JSON.parse(read(".vite/manifest.json").toString()) as Record<string, Chunk>;
  });
  afterAll(() => rmSync(dist, { recursive: true, force: true }));

  it.each(["src/screens/entry/sign-in.tsx", "src/screens/overview.tsx"])(
    "sends at most 230 KB gzip until %s stands",
    (screen) => {
      expect(manifest[screen]).toBeDefined();
      const files = new Set(["index.html", "theme.js", "favicon.svg", ...needed("index.html"), ...needed(screen)]);
      const sizes = [...files].map((file) => [file, gzipSync(read(file)).length] as const);
      const total = sizes.reduce((sum, [, size]) => sum + size, 0);
      expect(total, JSON.stringify(sizes)).toBeLessThanOrEqual(budget);
    },
  );

  it("has no script inside its page, as the content security policy demands", () => {
    const page = read("index.html").toString();
    expect(page.match(/<script(?![^>]*\bsrc=)/g)).toBeNull();
    expect(page).not.toMatch(/\son\w+=/);
  });

  it("carries no validation library: contracts are types only", () => {
    for (const { file } of Object.values(manifest)) {
      if (file.endsWith(".js")) expect(read(file).includes("ZodError"), file).toBe(false);
    }
  });
});
