// The search for secrets, part of `npm test` and CI: it finds a key that somebody left in any file, hidden folders included,
// and takes the made-up ones of tests for what they are.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, it } from "vitest";

const root = resolve(import.meta.dirname, "../..");

it("finds a left key in any folder, does not print it, and lets examples pass", () => {
  const folder = mkdtempSync(join(tmpdir(), "lc-secrets-"));
  // Put together here, so that this file holds none.
  const key = ["ghp", "16C7e42F292c6912E7710c838347Ae178B4a"].join("_");
  try {
    for (const name of [".secretlintrc.json", ".secretlintignore"]) cpSync(join(root, name), join(folder, name));
    mkdirSync(join(folder, ".railway"));
    writeFileSync(join(folder, ".env"), `GITHUB=${key}\n`);
    writeFileSync(join(folder, "peer.ts"), "const url = `https://user:secret@hooks.example.org`;\n");
    const scan = () =>
      spawnSync(process.execPath, [join(root, "node_modules/secretlint/bin/secretlint.js"), "--maskSecrets", "**/*"], {
        cwd: folder,
        encoding: "utf8",
        env: { ...process.env, NODE_PATH: join(root, "node_modules") },
      });
    expect(scan().status, scan().stdout).toBe(0);
    writeFileSync(join(folder, ".railway/notes.md"), `token: ${key}\n`);
    const found = scan();
    expect(found.status).toBe(1);
    expect(found.stdout).toContain("notes.md");
    expect(found.stdout).not.toContain(key);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
