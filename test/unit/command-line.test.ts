// Commands that are called wrongly do nothing but say what they take.
import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, inject, test } from "vitest";
import { environmentWith } from "../../shared/config.ts";

const root = resolve(import.meta.dirname, "../..");
const folder = inject("runDir");

const call = (script: string, ...args: string[]) =>
  new Promise<{ code: number | string | null | undefined; out: string; err: string }>((done) => {
    const env = environmentWith({ DATABASE_URL: undefined, LC_DATA_DIR: join(folder, "never-made"), NODE_ENV: "test" });
    execFile(process.execPath, [join(root, script), ...args], { cwd: folder, env }, (error, out, err) =>
      done({ code: error ? error.code : 0, out, err }),
    );
  });

test.each([
  ["scripts/key-generate.ts", 2],
  ["scripts/redis-acl.ts", 1],
  ["railway/plan.ts", 2],
])("%s refuses an option that it does not know, and writes no file of that name", async (script, code) => {
  const before = readdirSync(folder).filter((name) => name.startsWith("--"));
  const answer = await call(script, "--nonsense");
  expect(answer).toMatchObject({ code, out: "" });
  expect(answer.err).toContain("npm run");
  expect(answer.err).not.toContain("    at ");
  expect(readdirSync(folder).filter((name) => name.startsWith("--"))).toEqual(before);
});

test.each(["scripts/key-generate.ts", "scripts/redis-acl.ts", "railway/plan.ts"])(
  "%s --help says what it takes",
  async (script) => {
    const { code, out, err } = await call(script, "--help");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toContain("npm run");
    expect(readdirSync(folder).filter((name) => name.startsWith("--"))).toEqual([]);
  },
);

test("the schema of no database is brought up to date by no command, in a sentence", async () => {
  const { code, err } = await call("scripts/migrate.ts");
  expect(code).toBe(1);
  expect(err).toMatch(/^DATABASE_URL is not set/);
  expect(err).not.toContain("    at ");
});
